// The tree of paths: folders that open level by level, a page at a time.

import * as api from "./api.js";
import { $, element, put } from "./dom.js";
import { below, folders, normalise, readable } from "./path.js";

const PAGE = 200;
const MOST = 1000;

const tree = $("tree");
const filter = $("filter");

let root;
/** The record or folder that is open, the item that has the focus, the newest refresh. */
let selected;
let focused = "";
let turn = 0;

export const isEmpty = () => root?.prefix === "/" && !root.entries.length;

/** A level: what is listed of it, where that goes on, and what is open below. */
async function first(prefix, limit = PAGE) {
	const level = { prefix, entries: [], open: new Map() };
	await extend(level, limit);
	return level;
}

async function extend(level, limit) {
	const { entries, next } = await api.list(level.prefix, limit, level.next);
	// The record at `/a/` stands beside the folder, not inside it.
	level.entries.push(...entries.filter(({ path }) => path !== level.prefix || path === normalise(filter.value)));
	level.next = next;
}

/** A level as it is now. */
async function again({ prefix, entries, open }) {
	const now = await first(prefix, Math.min(Math.max(entries.length, PAGE), MOST));
	for (const { path, folder } of now.entries) {
		if (folder && open.has(path)) now.open.set(path, await again(open.get(path)));
	}
	return now;
}

async function attempt(work) {
	let failed = "";
	try {
		await work();
	} catch (problem) {
		failed = `The paths can’t be listed: ${problem.message}`;
	}
	const nothing = root && !root.entries.length && !isEmpty();
	put("tree-state", failed || (nothing ? "No path begins like this." : ""));
}

/** Lists once more what is listed now. */
export async function refresh() {
	const mine = ++turn;
	const prefix = normalise(filter.value);
	$("all").href = below(prefix);
	await attempt(async () => {
		const now = await (root?.prefix === prefix ? again(root) : first(prefix));
		if (mine !== turn) return;
		root = now;
		await reveal();
	});
}

/** Marks the open record or folder, and opens the folders on the way to it. */
export async function select(entry) {
	selected = entry;
	focused = entry ? key(entry) : focused;
	if (!root) return;
	await attempt(reveal);
	tree.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
}

async function reveal() {
	let level = root;
	for (const folder of folders(selected?.path ?? "")) {
		if (!level.entries.some((entry) => entry.folder && entry.path === folder)) continue;
		if (!level.open.has(folder)) level.open.set(folder, await first(folder));
		level = level.open.get(folder);
	}
	render();
}

export const focus = () => tree.querySelector("[tabindex='0']")?.focus();

function render() {
	const had = tree.contains(document.activeElement);
	tree.replaceChildren(...items(root, 1));
	tree.hidden = !root.entries.length;
	const all = [...tree.children];
	const item = all.find(({ key }) => key === focused) ?? all[0];
	if (item) item.tabIndex = 0;
	if (had) item?.focus({ preventScroll: true });
}

function items(level, depth) {
	const made = level.entries.flatMap((entry) => {
		const { path, folder } = entry;
		const name = readable(path.slice(level.prefix.lastIndexOf("/") + 1)) || "/";
		const item = treeitem(key(entry), name, depth, () => (folder ? enter(level, path) : (location.hash = path)));
		const open = folder && level.open.get(path);
		item.ariaSelected = Boolean(selected) && item.key === key(selected);
		if (folder) Object.assign(item, { ariaExpanded: Boolean(open), toggle: () => toggle(level, path) });
		return open ? [item, ...items(open, depth + 1)] : [item];
	});
	if (level.next) made.push(treeitem(`more ${level.prefix}`, "Show more …", depth, () => more(level)));
	return made;
}

/** A folder and a record can have the same path. */
const key = ({ path, folder }) => (folder ? `folder ${path}` : path);

function treeitem(key, name, ariaLevel, act) {
	const item = element("li", { role: "treeitem", tabIndex: -1, ariaLevel, key, act }, element("bdi", {}, name));
	item.style.setProperty("--level", ariaLevel);
	item.onclick = ({ target, offsetX }) => {
		focusOn(item);
		const onMark = target === item && offsetX < parseFloat(getComputedStyle(item).paddingLeft);
		(onMark && item.toggle ? item.toggle : act)();
	};
	return item;
}

async function more(level) {
	const { length } = level.entries;
	await attempt(() => extend(level, PAGE));
	focused = key(level.entries[length] ?? level.entries.at(-1));
	render();
}

/** Selects a folder and opens it; the selected one opens and closes. */
async function enter(level, path) {
	const was = location.hash === below(path);
	location.hash = below(path);
	if (was || !level.open.has(path)) await toggle(level, path);
}

async function toggle(level, path) {
	if (!level.open.delete(path)) await attempt(async () => level.open.set(path, await first(path)));
	render();
}

function focusOn(item) {
	if (!item) return;
	for (const each of tree.children) each.tabIndex = each === item ? 0 : -1;
	focused = item.key;
	item.focus();
}

// As the ARIA Authoring Practices have it.
tree.onkeydown = (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	const here = event.target;
	const all = [...tree.children];
	const at = all.indexOf(here);
	const parent = () => all.slice(0, at).findLast(({ ariaLevel }) => ariaLevel < here.ariaLevel);
	const open = here.ariaExpanded;
	const act = {
		ArrowDown: () => focusOn(all[at + 1]),
		ArrowUp: () => focusOn(all[at - 1]),
		Home: () => focusOn(all[0]),
		End: () => focusOn(all.at(-1)),
		ArrowRight: () => (open === "false" ? here.toggle() : open && focusOn(all[at + 1])),
		ArrowLeft: () => (open === "true" ? here.toggle() : focusOn(parent())),
		Enter: here.act,
		" ": here.act,
	}[event.key];
	if (!act) return;
	event.preventDefault();
	act();
};

filter.oninput = refresh;
