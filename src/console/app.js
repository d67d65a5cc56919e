// Which view the address names, and what happens by itself.

import * as api from "./api.js";
import { $, ask, element, focusView, onClick, put, view } from "./dom.js";
import * as feed from "./feed.js";
import * as folder from "./folder.js";
import "./import.js";
import { address, below, common, complaint, curl, named, normalise, readable } from "./path.js";
import * as pulse from "./pulse.js";
import * as record from "./record.js";
import * as token from "./token.js";
import * as tree from "./tree.js";

/** What is listed and what is open is followed. */
function follow() {
	const { path, prefix } = named(location.hash);
	const listed = tree.prefix();
	const all = common(listed, path ?? prefix ?? listed);
	feed.follow(token.can(all, true) ? all : common(listed, listed));
}

/** Shows what the token opens, and what of the page that leaves. */
function opened() {
	const { path, prefix } = named(location.hash);
	const parts = token.parts();
	tree.settle(token.home(path ?? prefix));
	follow();
	$("opens").hidden = $("problem-token").hidden = !token.limited();
	$("parts").replaceChildren(...parts.map(({ prefix, can }) => {
		const href = prefix.endsWith("/") ? below(prefix) : `#${prefix}`;
		return element("li", {}, element("a", { href }, element("bdi", {}, readable(prefix))), ` to ${can}`);
	}));
	const off = parts.every(({ can }) => can === "read");
	for (const id of ["new", "import"]) Object.assign($(id), { disabled: off, title: off ? "This token only reads." : "" });
}

/** With nothing open, opens the one record that there is for the token. */
function lead() {
	const [{ prefix }, other] = token.parts();
	if (location.hash.length > 1 || other || prefix.endsWith("/")) return false;
	history.replaceState(null, "", `#${prefix}`);
	return true;
}

async function route() {
	const { path, prefix } = named(location.hash);
	const name = path ?? prefix;
	const part = token.home(name);
	// Of two parts of the tree one is listed and followed.
	const listing = name?.startsWith(part) && !token.can(common(tree.prefix(), name), true) && tree.settle(part, true);
	follow();
	document.title = name ? `${name} · path-records` : "path-records";
	const wrong = path && complaint(path);
	put("problem-detail", wrong);
	await Promise.all([record.open(wrong ? "" : path), folder.open(prefix), listing]);
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
	if (lead() || !$("problem").hidden) await route();
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
		value: (near || prefix || token.home()).replace(/[^/]*$/, ""),
		hint: (text) => address(normalise(text)),
		wrong: (text) => complaint(normalise(text)) || (token.can(normalise(text)) === "write" ? "" : token.says()),
		yes: "Go on",
	});
	if (path) location.hash = normalise(path);
});
onClick("refresh", () => {
	again();
	record.watch();
});
onClick("again", again);
for (const button of document.querySelectorAll(".another")) button.onclick = api.another;
put("first-curl", curl("/hello", `-X PUT -H 'Content-Type: application/json' -d '{"greeting": "Hello"}' `));
api.events.addEventListener("token", () => setTimeout(again));
token.events.addEventListener("opens", opened);
api.events.addEventListener("changed", () => {
	list();
	record.watch();
});

$("filter").addEventListener("input", follow);
document.addEventListener("visibilitychange", () => document.hidden || record.watch());

// What is listed after that is followed from there on; without it the feed begins anew.
follow();
await feed.begin().catch(() => token.limited() && feed.begin()).catch(() => undefined);
await list();
lead();
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
		if (token.can("/", true)) pulse.feel();
		else folder.refresh().catch(() => undefined);
	},
});
