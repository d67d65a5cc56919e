// A text field for a record: coloured, numbered, with what is wrong marked where it is.

import { $, element } from "./dom.js";
import { check, position, tokens } from "./json.js";

// Painting a longer text would hold up typing.
const LARGE = 50_000;
const PAUSE = 300;

/** Puts an editor into `host`; `changed` is told what the user does. */
export function editor(host, ariaLabel, { readOnly, changed } = {}) {
	host.append($("editor").content.cloneNode(true));
	const [backdrop, area, message] = host.querySelectorAll("pre, textarea, p");
	let error, others, timer;
	Object.assign(area, { readOnly, ariaLabel });

	const show = (found) => {
		clearTimeout(timer);
		error = found;
		area.ariaInvalid = String(Boolean(error));
		message.textContent = error ? `${position(area.value, error.start)}: ${error.message}` : "";
		const large = area.value.length > LARGE;
		host.classList.toggle("large", large);
		backdrop.replaceChildren(...(large ? [] : lines(area.value, error, others)));
	};
	const valid = () => {
		show(check(area.value));
		return !error;
	};
	area.oninput = () => {
		show();
		timer = setTimeout(valid, PAUSE);
		changed?.();
	};
	return {
		/** Whether the text is a record; says and marks what is wrong. */
		valid,
		text: () => area.value,
		lock: (locked) => (area.readOnly = locked),
		/** Another text, with the lines set off that `differing` hasn't. */
		set(text, differing) {
			others = differing;
			const caret = area.selectionStart;
			if (text !== area.value) {
				area.value = text;
				area.setSelectionRange(caret, caret);
			}
			show();
		},
		/** Puts the caret where the error is, or where it was. */
		focus() {
			area.focus();
			if (error) area.setSelectionRange(error.start, error.end);
		},
	};
}

/** The text's lines with their tokens in colours. */
function lines(text, error, others) {
	const marks = [];
	try {
		for (const token of tokens(text)) if (token.kind.length > 1) marks.push(token);
	} catch {
		// What comes before it has its colours.
	}
	if (error) marks.push({ ...error, kind: "error" });
	let [at, next] = [0, 0];
	return text.split("\n").map((content) => {
		const line = element("span", { className: others?.has(content.trim()) === false ? "line differs" : "line" });
		const last = at + content.length;
		for (; marks[next]?.start <= last; next++) {
			const { kind, start } = marks[next];
			const end = Math.min(marks[next].end, last);
			line.append(text.slice(at, start), element("span", { className: kind }, text.slice(start, end) || " "));
			at = end;
		}
		line.append(text.slice(at, last));
		at = last + 1;
		return line;
	});
}
