// Which view the address names, and what happens by itself.

import * as api from "./api.js";
import { $, ask, focusView, onClick, put, view } from "./dom.js";
import { address, complaint, curl, normalise } from "./path.js";
import * as pulse from "./pulse.js";
import * as record from "./record.js";
import * as tree from "./tree.js";

/** The path that the address's hash names. */
const opened = () => location.hash.length > 1 && normalise(location.hash.slice(1));

async function route() {
	const path = opened();
	document.title = path ? `${path} · path-records` : "path-records";
	const wrong = path && complaint(path);
	put("problem-detail", wrong);
	await record.open(wrong ? "" : path);
	if (wrong) view("problem");
	home();
	await tree.select(path);
}

/** With nothing open, a narrow page shows the tree, unless that is empty. */
function home() {
	if (!opened()) view(tree.isEmpty() ? "empty" : "welcome");
	document.body.dataset.pane = opened() || tree.isEmpty() ? "main" : "tree";
}

async function list() {
	await tree.refresh();
	home();
}

async function again() {
	await list();
	if (!$("problem").hidden) await route();
}

// The focus goes along, unless it is in the tree beside what is opened.
addEventListener("hashchange", async () => {
	await route();
	if ($("tree").contains(document.activeElement) && $("tree").checkVisibility()) return;
	if (opened() || tree.isEmpty()) focusView();
	else tree.focus();
});

onClick("new", async () => {
	const path = await ask({
		title: "New record",
		label: "Path",
		value: (opened() || "/").replace(/[^/]*$/, ""),
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

await list();
await route();
pulse.start(({ back, changed }) => {
	if (back) again();
	else if (changed) list();
	record.watch();
});
