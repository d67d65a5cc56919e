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

/** The open path, and what the store has there (no tag: nothing, and `left` is what it had). */
let path = "";
let opening, shown, busy, reading, watching;

/** What the store is said to have done to the record since it was looked at. */
let happened;

const field = editor($("record-editor"), "The record as JSON", { changed });
const isOpen = () => path && !$("record").hidden;

const COMPARE = "Somebody has changed this record. Save, and you can compare.";
const GONE = { deleted: "Somebody has deleted this record.", expired: "This record has expired." };

function say(text, bad = false) {
	put("record-status", text);
	$("record-status").className = bad ? "bad" : "";
}

/** Opens a path; an empty one only closes what was open. */
export async function open(wanted) {
	opening = reading = wanted;
	happened = undefined;
	try {
		const record = wanted && (await api.read(wanted));
		if (opening !== wanted) return;
		path = wanted;
		if (!path) return;
		const draft = drafts.get(path);
		show(record, draft?.text, draft && `Your changes are still here.${draft.etag === record.etag ? "" : ` ${COMPARE}`}`);
		view("record");
		reading = "";
		late();
	} catch (problem) {
		if (opening !== wanted) return;
		path = reading = "";
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
	lock();
	say(message);
	changed();
	tick();
	count();
}

/** What the token doesn't write can be read. */
function lock() {
	const off = token.can(path) !== "write";
	for (const id of ["save", "delete", "ttl-change"]) $(id).disabled = off;
	field.lock(off);
	$("record-locked").hidden = !off;
	$("record-create").hidden = off;
}

/** Keeps what was typed. */
function changed() {
	const text = field.text();
	const { etag } = drafts.get(path) ?? shown;
	if (text === shown.text || text === shown.left) drafts.delete(path);
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

/** Hears what happened in the store, by path; where that is nothing, looks for what nobody is told: a time to live. */
export function told(changes) {
	const change = changes.get(opening);
	if (change ? !change.etag || change.etag !== shown?.etag || reading : !changes.size) watch(change?.event);
}

/** Looks whether the store still has what is shown; as soon as nothing else goes on. */
export function watch(event = "") {
	happened = event;
	late();
}

async function late() {
	if (watching || reading) return;
	watching = true;
	while (happened !== undefined && isOpen() && !busy) await look();
	watching = false;
}

async function look() {
	const [seen, event] = [shown, happened];
	happened = undefined;
	const found = await api.look(path).catch(() => seen);
	if (seen !== shown || busy || !isOpen()) return;
	if (found?.etag === seen.etag) {
		if (found) seen.until = found.until;
		return;
	}
	const typed = drafts.has(path);
	if (!found) {
		const text = field.text();
		// What was typed makes a new record now.
		if (typed) drafts.set(path, { text });
		show({ text: "", left: seen.text }, text);
		say(`${GONE[event] ?? "This record is gone: it has expired or was deleted."} What ${typed ? "you typed" : "it held"} is still here.`, true);
		await tree.refresh();
	} else if (typed) {
		say(COMPARE, true);
	} else {
		await open(path);
		say(drafts.has(path) ? COMPARE : "Somebody has changed this record: this is the new version.");
	}
}

/** Does one thing at a time, and `faster` if others were. */
async function work(task, faster) {
	if (busy) return;
	busy = true;
	say("One moment …");
	const failed = await task(path).catch((problem) => problem);
	busy = false;
	if (failed) say(failed.message, true);
	// A button that is off has no focus.
	if (failed?.code === "forbidden" && !document.activeElement.matches("textarea")) focusView();
	if (failed?.code === "precondition-failed") await faster();
	late();
}

async function save() {
	if ($("save").disabled) return;
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
	else late();
}

onClick("save", save);
onClick("revert", () => {
	show(shown, shown.left);
	field.focus();
});
onClick("delete", async () => {
	const { etag } = shown;
	if (!(await ask({ title: "Delete this record?", text: readable(path), yes: "Delete", style: "danger" }))) return;
	await work(async (removed) => {
		await api.remove(removed, etag);
		drafts.delete(removed);
		if (removed === path) path = "";
		await tree.refresh();
		if (removed === opening) location.hash = "";
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
token.events.addEventListener("opens", lock);
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
