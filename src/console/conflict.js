// Two versions of a record side by side, and the choice between them.

import { $, onClick, put, view } from "./dom.js";
import { editor } from "./editor.js";
import { moment } from "./time.js";

const left = editor($("theirs"), "Theirs, in the store", { readOnly: true });
const right = editor($("mine"), "Mine, not saved", { changed: compare });
let choose;

/** Shows them (without theirs, the record is gone). Gives mine if it is to be saved. */
export function choice(theirs, mine) {
	put("conflict-what", theirs ? `changed it (${moment(theirs.updated)})` : "deleted it, or it has expired");
	left.set(theirs?.text ?? "");
	right.set(mine);
	compare();
	view("conflict");
	return new Promise((done) => (choose = done));
}

/** Sets off the lines that the other version hasn't. */
function compare() {
	const lines = (text) => new Set(text.split("\n").map((line) => line.trim()));
	const [theirs, mine] = [left.text(), right.text()];
	left.set(theirs, lines(mine));
	right.set(mine, lines(theirs));
}

onClick("take-theirs", () => choose());
onClick("save-mine", () => (right.valid() ? choose(right.text()) : right.focus()));
