// Which view the address names, and what happens by itself.

import * as api from "./api.js";
import { $, ask, focusView, onClick, put, view } from "./dom.js";
import * as feed from "./feed.js";
import * as folder from "./folder.js";
import "./import.js";
import { address, common, complaint, curl, named, normalise } from "./path.js";
import * as pulse from "./pulse.js";
import * as record from "./record.js";
import * as tree from "./tree.js";

/** What is listed and what is open is followed. */
function follow() {
	const { path, prefix } = named(location.hash);
	feed.follow(common(tree.prefix(), path ?? prefix ?? tree.prefix()));
}

async function route() {
	follow();
	const { path, prefix } = named(location.hash);
	const name = path ?? prefix;
	document.title = name ? `${name} · path-records` : "path-records";
	const wrong = path && complaint(path);
	put("problem-detail", wrong);
	await Promise.all([record.open(wrong ? "" : path), folder.open(prefix)]);
	if (wrong) view("problem");
	home();
	await tree.select(name && { path: name, folder: Boolean(prefix) });
}

/** With nothing open, a narrow page shows the tree, unless that is empty. */
function home() {
	const { path, prefix } = named(location.hash);
	if (!path && !prefix) view(tree.isEmpty() ? "empty" : "welcome");
	document.body.dataset.pane = prefix ? "folder" : path || tree.isEmpty() ? "main" : "tree";
}

async function list() {
	await tree.refresh();
	home();
	// What can't be counted now is counted later.
	await folder.refresh().catch(() => undefined);
}

async function again() {
	await list();
	if (!$("problem").hidden) await route();
}

// The focus goes along, unless it is in the tree beside what is opened.
addEventListener("hashchange", async () => {
	await route();
	if ($("tree").contains(document.activeElement) && $("tree").checkVisibility()) return;
	if (location.hash.length > 1 || tree.isEmpty()) focusView();
	else tree.focus();
});

onClick("new", async () => {
	const { path: near, prefix } = named(location.hash);
	const path = await ask({
		title: "New record",
		label: "Path",
		value: (near || prefix || "/").replace(/[^/]*$/, ""),
		hint: (text) => address(normalise(text)),
		wrong: (text) => complaint(normalise(text)),
		yes: "Go on",
	});
	if (path) location.hash = normalise(path);
});
onClick("refresh", again);
onClick("again", again);
put("first-curl", curl("/hello", `-X PUT -H 'Content-Type: application/json' -d '{"greeting": "Hello"}' `));
api.events.addEventListener("token", () => setTimeout(again));
api.events.addEventListener("changed", () => {
	list();
	record.watch();
});

$("filter").addEventListener("input", follow);
document.addEventListener("visibilitychange", () => document.hidden || record.watch());

// What is listed after that is followed from there on; without it the feed begins anew.
follow();
await feed.begin().catch(() => undefined);
await list();
await route();
pulse.start(({ back, changed }) => {
	if (back) {
		again();
		record.watch();
		feed.hurry();
	} else if (changed) {
		// What can't be counted now is counted later.
		folder.refresh().catch(() => undefined);
	}
});
feed.run({
	anew() {
		record.watch();
		return list();
	},
	told(changes) {
		record.told(changes);
		if (!changes.size) return;
		tree.told(changes).then(home);
		pulse.feel();
	},
});
