// What takes more than one request: how far it is, how it is stopped, and what was done in the end.

import { $, ask, element, focusView, onClick, put } from "./dom.js";

// What is over sooner is not shown on its way.
const PAUSE = 300;
const LISTED = 1000;

/** What stops the work that goes on. */
let stopping;

const bar = $("transfer-bar");
const failures = $("failures");

/**
 * Does work, one at a time. The work reports what was done so far and which part of all that is, and lists what
 * failed. Gives what the work gives, if that comes to its end; a silent one leaves nothing on the page then.
 */
export async function transfer(doing, work, { silent } = {}) {
	if (stopping) {
		// A second click is no second wish.
		if ($("transfer-tools").hidden) return;
		const stop = await ask({ title: "Something else goes on", text: $("transfer-state").textContent, yes: "Stop it", style: "danger" });
		if (stop) end();
		return;
	}
	stopping = new AbortController();
	const { signal } = stopping;
	let done = "";
	const report = (text, part) => {
		done = put("transfer-done", text);
		if (part !== undefined) bar.value = part;
	};
	close();
	const shown = setTimeout(() => show(doing), PAUSE);
	try {
		const given = await work({ signal, report, fail });
		if (silent) close();
		else finish(done);
		return given;
	} catch (problem) {
		finish(`${signal.aborted ? "Stopped." : problem.message} ${done}`, !signal.aborted);
	} finally {
		clearTimeout(shown);
		stopping = undefined;
	}
}

function show(state, bad) {
	$("transfer-state").className = bad ? "bad" : "";
	put("transfer-state", state);
	$("transfer-tools").hidden = false;
}

function finish(state, bad) {
	bar.hidden = true;
	put("transfer-done", "");
	put("transfer-end", "Close");
	show(state, bad);
}

function close() {
	if ($("transfer").contains(document.activeElement)) focusView();
	put("transfer-state", "");
	put("transfer-done", "");
	put("transfer-end", "Stop");
	failures.replaceChildren();
	failures.hidden = $("transfer-tools").hidden = true;
	bar.hidden = false;
	bar.removeAttribute("value");
}

/** Stops what goes on, or puts away what was done. */
function end() {
	if (!stopping) return close();
	put("transfer-state", "Stopping …");
	stopping.abort();
}

function fail(text) {
	failures.hidden = false;
	if (failures.children.length < LISTED) failures.append(element("li", {}, text));
	else failures.lastChild.textContent = "… and more";
}

onClick("transfer-end", end);
addEventListener("beforeunload", (event) => {
	if (stopping) event.preventDefault();
});
