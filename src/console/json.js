// JSON as text. No value becomes a number of JavaScript's here: that would change its digits.

const MAX_DEPTH = 128;
const KINDS = {
	string: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y,
	number: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y,
	word: /(?:true|false|null)(?!\w)/y,
};
const VALUE = ["{", "[", ...Object.keys(KINDS)];
const SPACE = /[ \t\n\r]*/y;
const ANYTHING = /"[^\n]*|[\w.+-]+|[^]/uy;

/** Where a match at `start` ends; 0: there is none. */
function match(pattern, text, start) {
	pattern.lastIndex = start;
	return pattern.test(text) ? pattern.lastIndex : 0;
}

/** The kind and the end of the token at `start`. */
function tokenAt(text, start) {
	if ("{}[],:".includes(text[start])) return [text[start], start + 1];
	for (const kind in KINDS) {
		const end = match(KINDS[kind], text, start);
		if (end) return [kind, end];
	}
	return [];
}

/** A record's tokens. Throws, with start and end, where the text stops being one. */
export function* tokens(text) {
	const open = [];
	// What can come next, in the message's words.
	let expected = "{";
	let start = match(SPACE, text, 0);
	const fail = (message) => {
		throw Object.assign(Error(message), { start, end: match(ANYTHING, text, start) || start });
	};
	while (start < text.length) {
		let [kind, end] = tokenAt(text, start);
		const isName = expected.startsWith("a name") && kind === "string";
		const isValue = expected.startsWith("a value") && VALUE.includes(kind);
		if (!kind && text[start] === '"') fail("The string has no end, or needs an escape");
		if (!isName && !isValue && !expected.includes(kind)) fail(`Expected ${expected}`);
		if (kind === "{" || kind === "[") {
			if (open.push(kind === "{" ? "}" : "]") > MAX_DEPTH) fail("Nested too deep");
			expected = kind === "{" ? "a name in quotes or }" : "a value or ]";
		} else if (kind === ",") {
			expected = open.at(-1) === "}" ? "a name in quotes" : "a value";
		} else if (kind === ":") {
			expected = "a value";
		} else if (isName) {
			kind = "name";
			expected = ":";
		} else {
			if (kind === open.at(-1)) open.pop();
			expected = open.length ? `, or ${open.at(-1)}` : "the end";
		}
		yield { kind, start, end, depth: open.length };
		start = match(SPACE, text, end);
	}
	if (expected !== "the end") fail(`Expected ${expected}`);
}

/** What is wrong with a record's text, or nothing. */
export function check(text) {
	try {
		for (const _ of tokens(text));
	} catch (error) {
		return error;
	}
}

/** A record's text, laid out or without white space. */
export function format(text, layOut = true) {
	let out = "";
	let before = "";
	for (const { kind, start, end, depth } of tokens(text)) {
		const [opened, opens, closes] = [/[{[]/.test(before), /[{[]/.test(kind), /[}\]]/.test(kind)];
		if (layOut && (closes ? !opened : opened || before === ",")) out += `\n${"  ".repeat(opens ? depth - 1 : depth)}`;
		out += text.slice(start, end);
		if (layOut && kind === ":") out += " ";
		before = kind;
	}
	return out;
}

/** A representation: the record's own text, and the service's two members. */
export function split(text) {
	const members = [];
	for (const { kind, start, end, depth } of tokens(text)) {
		if (depth === 1 && kind === "name") members.push({ name: JSON.parse(text.slice(start, end)), start });
		else if (depth === 1 && kind === ":") members.at(-1).value = end;
		else if (depth && kind !== "," && members.length) members.at(-1).end = end;
	}
	const isOwn = ({ name }) => name !== "ttl" && name !== "last_updated";
	const own = members.filter(isOwn).map(({ start, end }) => text.slice(start, end));
	const service = (name) => {
		const { value, end } = members.find((member) => member.name === name);
		return text.slice(value, end).trim();
	};
	return { text: format(`{${own}}`), ttl: service("ttl"), updated: service("last_updated") };
}

export function position(text, at) {
	const lines = text.slice(0, at).split("\n");
	return `Line ${lines.length}, column ${lines.at(-1).length + 1}`;
}
