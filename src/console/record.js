// The open record.

import * as api from "./api.js";
import { choice } from "./conflict.js";
import { $, ask, copy, focusView, onClick, put, view } from "./dom.js";
import { editor } from "./editor.js";
import { format } from "./json.js";
import { address, curl, readable } from "./path.js";
import { grouped } from "./pulse.js";
import * as time from "./time.js";
import * as token from "./token.js";
import * as tree from "./tree.js";

/** What was typed and not saved, by path, with the tag of what it was typed over. */
const drafts = new Map();

/** The open path, and what the store has there (no tag: nothing). */
let path = "";
let opening, shown, busy;

const field = editor($("record-editor"), "The record as JSON", { changed });
const isOpen = () => path && !$("record").hidden;

function say(text, bad = false) {
	put("record-status", text);
	$("record-status").className = bad ? "bad" : "";
}

/** Opens a path; an empty one only closes what was open. */
export async function open(wanted) {
	opening = wanted;
	try {
		const record = wanted && (await api.read(wanted));
		if (opening !== wanted) return;
		path = wanted;
		if (!path) return;
		const draft = drafts.get(path);
		show(record, draft?.text, draft && "Your changes are still here.");
		view("record");
	} catch (problem) {
		if (opening !== wanted) return;
		path = "";
		put("problem-detail", problem.message);
		view("problem");
	}
}

function show(record, typed = record.text, message = "") {
	shown = record;
	const is = Boolean(record.etag);
	put("record-path", readable(path));
	$("record-new").hidden = is;
	$("delete").hidden = !is;
	put("save", is ? "Save" : "Create");
	put("record-updated", time.moment(record.updated));
	$("record-url").href = put("record-url", address(path));
	put("record-curl", curl(path, token.current() ? '-H "Authorization: Bearer $TOKEN" ' : ""));
	field.set(typed);
	say(message);
	changed();
	tick();
	count();
}

/** Keeps what was typed. */
function changed() {
	const text = field.text();
	const { etag } = drafts.get(path) ?? shown;
	if (text === shown.text) drafts.delete(path);
	else drafts.set(path, { text, etag });
	$("save").className = drafts.has(path) || !shown.etag ? "primary" : "";
	$("revert").hidden = !drafts.has(path);
}

async function count() {
	const counted = shown;
	const hits = shown.etag && (await api.hits(path).catch(() => undefined));
	if (counted === shown) put("record-hits", grouped(hits));
}

function tick() {
	const { etag, until, ttl } = shown;
	const left = time.left(etag ? until : time.end(ttl));
	put("record-ttl", !etag && !ttl ? "the service’s default" : left === Infinity ? "never ends" : time.duration(left));
	return left;
}

setInterval(() => {
	if (isOpen() && shown.etag && !tick()) watch();
}, 1000);

/** Looks whether the store still has what is shown. */
export async function watch() {
	const seen = shown;
	if (!isOpen() || busy) return;
	const found = await api.look(path).catch(() => seen);
	if (seen !== shown || found === seen || busy || !isOpen()) return;
	if (found?.etag === seen.etag) {
		if (found) seen.until = time.end(found.ttl);
	} else if (!found) {
		show({ text: "" }, field.text());
		say("This record is gone: it has expired or was deleted.", true);
		await tree.refresh();
	} else if (drafts.has(path)) {
		say("Somebody has changed this record. Save, and you can compare.", true);
	} else {
		await open(path);
		say("Somebody has changed this record: this is the new version.");
	}
}

/** Does one thing at a time, and `late` if others were faster. */
async function work(task, late) {
	if (busy) return;
	busy = true;
	say("One moment …");
	const failed = await task(path).catch((problem) => problem);
	busy = false;
	if (!failed) return;
	say(failed.message, true);
	if (failed.code === "precondition-failed") await late();
}

async function save() {
	if (!field.valid()) {
		say("This can’t be saved as it is.", true);
		return field.focus();
	}
	if (shown.etag && !drafts.has(path)) return say("There is nothing to save.");
	const text = field.text();
	const { etag } = drafts.get(path) ?? shown;
	// A PUT without a time to live would begin a new one.
	const ttl = shown.etag ? time.query(shown.until) : shown.ttl;
	await work(async (saved) => {
		// The layout could take a large text over the limit.
		const record = await api.write("PUT", saved, format(text, false), { ttl, etag });
		drafts.delete(saved);
		if (saved === path) show(record, field.text() === text ? record.text : field.text(), "Saved.");
		if (!etag) await tree.refresh();
	}, compare);
}

async function compare() {
	const compared = path;
	const theirs = await api.read(path).catch((problem) => say(problem.message, true));
	if (!theirs || compared !== path) return;
	put("conflict-path", readable(path));
	const choosing = choice(theirs.etag && theirs, format(field.text()));
	focusView();
	const mine = await choosing;
	if (compared !== path) return;
	drafts.delete(path);
	show(theirs, mine);
	view("record");
	focusView();
	if (mine) await save();
}

onClick("save", save);
onClick("revert", () => {
	show(shown);
	field.focus();
});
onClick("delete", async () => {
	const { etag } = shown;
	if (!(await ask({ title: "Delete this record?", text: readable(path), yes: "Delete", style: "danger" }))) return;
	await work(async (removed) => {
		await api.remove(removed, etag);
		drafts.delete(removed);
		await tree.refresh();
		if (removed === path) location.hash = "";
	}, watch);
});
onClick("ttl-change", async () => {
	const { etag } = shown;
	const given = await ask({
		title: "Time to live",
		text: etag ? "It begins now; what the record holds stays as it is." : "It begins when the record is created.",
		label: "Such as 90 s, 15 min, 12 h, 30 d, or never",
		value: "30 d",
		wrong: (text) => (time.parse(text) ? "" : "This is no time to live."),
		yes: "Set",
	});
	if (!given) return;
	const ttl = time.parse(given);
	if (!etag) {
		shown.ttl = ttl;
		return tick();
	}
	await work(async (kept) => {
		const record = await api.write("PATCH", kept, undefined, { ttl, etag });
		if (kept !== path) return;
		show(record, drafts.get(path)?.text, "The time to live is changed.");
	}, watch);
});
for (const id of ["record-url", "record-curl"]) {
	onClick(`${id}-copy`, async () => {
		await copy($(id));
		say("Copied.");
	});
}
addEventListener("keydown", (event) => {
	if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || !isOpen()) return;
	event.preventDefault();
	save();
});
addEventListener("beforeunload", (event) => {
	if (drafts.size) event.preventDefault();
});
