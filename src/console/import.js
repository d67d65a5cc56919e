// A file of lines, each a record to store.

import * as api from "./api.js";
import { $, ask, onClick } from "./dom.js";
import { transfer } from "./transfer.js";

// A request may have four times as much, but then less would be seen of how far it is.
const PIECE = 2 ** 20;
const MOST = 4 * PIECE;
const END = 10;

/** The file in pieces that end where a line does, each with where it ends in the file. */
async function* pieces(file) {
	for (let at = 0; at < file.size;) {
		const read = async (most) => new Uint8Array(await file.slice(at, at + most).arrayBuffer());
		const rest = (bytes) => (at + bytes.length === file.size ? bytes.length : 0);
		let bytes = await read(PIECE);
		let length = rest(bytes) || bytes.lastIndexOf(END) + 1;
		if (!length) {
			bytes = await read(MOST);
			length = bytes.indexOf(END) + 1 || rest(bytes);
		}
		if (!length) throw Error("The next line is longer than 4 MiB, which is more than a request may have.");
		at += length;
		yield { bytes: bytes.subarray(0, length), at };
	}
}

function lines(bytes) {
	let count = bytes.at(-1) === END ? 0 : 1;
	for (let at = bytes.indexOf(END); at >= 0; at = bytes.indexOf(END, at + 1)) count++;
	return count;
}

async function take(file) {
	const text = "Each of its lines is a record to store. What is at the same paths now is replaced.";
	if (!(await ask({ title: `Import ${file.name}?`, text, yes: "Import" }))) return;
	await transfer(`Importing: ${file.name}`, async ({ signal, report, fail }) => {
		let [line, stored, failed] = [0, 0, 0];
		const tell = (at) => {
			const counts = [line, stored, failed].map((count) => count.toLocaleString());
			report(`Up to line ${counts[0]}: ${counts[1]} stored, ${counts[2]} failed.`, at / (file.size || 1));
		};
		tell(0);
		for await (const { bytes, at } of pieces(file)) {
			signal.throwIfAborted();
			for (const result of await api.store(bytes)) {
				if (result.status < 300) {
					stored++;
				} else {
					failed++;
					fail(`Line ${(line + result.line).toLocaleString()}: ${result.detail}`);
				}
			}
			line += lines(bytes);
			tell(at);
		}
	});
	api.events.dispatchEvent(new Event("changed"));
}

function takeOne([file, more]) {
	if (more) ask({ title: "One file at a time", text: "Join them, or import one after the other.", yes: "Go on" });
	else if (file && $("import").disabled) api.another();
	else if (file) take(file);
}

onClick("import", () => $("file").click());
$("file").onchange = ({ target }) => {
	takeOne([...target.files]);
	// So that the same file can be chosen again.
	target.value = "";
};

const carriesFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
const mark = (over) => document.body.classList.toggle("dropping", over);

addEventListener("dragover", (event) => {
	if (!carriesFiles(event)) return;
	event.preventDefault();
	mark(true);
});
addEventListener("dragleave", (event) => {
	if (!event.relatedTarget) mark(false);
});
addEventListener("drop", (event) => {
	if (!carriesFiles(event)) return;
	event.preventDefault();
	mark(false);
	takeOne(event.dataTransfer.files);
});
