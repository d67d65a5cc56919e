// Everything below a path, or that begins like it: how many records that is; taken home or deleted as one.

import * as api from "./api.js";
import { $, ask, element, onClick, put, view } from "./dom.js";
import { below, readable } from "./path.js";
import * as token from "./token.js";
import { transfer } from "./transfer.js";

let prefix = "";

const lines = (text) => text.split("\n").length - 1;
const records = (count) => `${count.toLocaleString()} record${count === 1 ? "" : "s"}`;
const name = (path) => (path === "/" ? "All records" : `${readable(path)}${path.endsWith("/") ? "" : "…"}`);

/** Opens a prefix; an empty one only closes what was open. */
export async function open(wanted) {
	prefix = wanted;
	if (!prefix) return;
	put("folder-path", name(prefix));
	put("folder-count", "–");
	lock();
	view("folder");
	try {
		await refresh();
	} catch (problem) {
		if (prefix !== wanted) return;
		put("problem-detail", problem.message);
		view("problem");
	}
}

function lock() {
	const off = token.can(prefix, true) !== "write";
	$("folder-delete").disabled = off;
	$("folder-locked").hidden = !off;
}

/** Counts as far as one page goes. */
export async function refresh() {
	const counted = prefix;
	if (!prefix) return;
	const page = await api.pages(prefix, false).next();
	if (prefix !== counted) return;
	const { text, next } = page.value;
	put("folder-count", `${next ? "more than " : ""}${lines(text).toLocaleString()}`);
	$("folder-actions").hidden = !text;
}

/** How many records there are, exactly; nothing if that was stopped or failed. */
function count(from) {
	return transfer(`Counting: ${name(from)}`, async ({ signal, report }) => {
		let counted = 0;
		for await (const { text } of api.pages(from, false, signal)) {
			counted += lines(text);
			report(`${records(counted)} counted.`);
		}
		return counted;
	}, { silent: true });
}

function save(parts, download) {
	const href = URL.createObjectURL(new Blob(parts, { type: api.LINES }));
	element("a", { href, download }).click();
	// The browser may ask first where to put it.
	setTimeout(() => URL.revokeObjectURL(href), 600_000);
}

token.events.addEventListener("opens", lock);
onClick("download", async () => {
	const from = prefix;
	const file = `${readable(from).split("/").filter(Boolean).join("-") || "records"}.ndjson`;
	const total = await count(from);
	if (total === undefined) return;
	await transfer(`Downloading: ${name(from)}`, async ({ signal, report }) => {
		const parts = [];
		let read = 0;
		for await (const { text } of api.pages(from, true, signal)) {
			// The browser may keep this outside of the memory.
			parts.push(new Blob([text]));
			read += lines(text);
			report(`${read.toLocaleString()} of ${records(total)} read, no file saved yet.`, read / (total || 1));
		}
		save(parts, file);
		report(`${records(read)} saved as ${file}.`);
	});
});

onClick("folder-delete", async () => {
	const from = prefix;
	const total = await count(from);
	if (!total) return;
	const title = `Delete ${records(total)}?`;
	if (!(await ask({ title, text: `${name(from)} – this can’t be undone.`, yes: "Delete", style: "danger" }))) return;
	const done = await transfer(`Deleting: ${name(from)}`, async ({ signal, report }) => {
		let deleted = 0;
		report(`0 of ${records(total)} deleted.`, 0);
		for await (const some of api.removals(from, signal)) {
			deleted += some;
			report(`${deleted.toLocaleString()} of ${records(total)} deleted.`, deleted / total);
		}
		return true;
	});
	if (done && location.hash === below(from)) location.hash = "";
	api.events.dispatchEvent(new Event("changed"));
});
