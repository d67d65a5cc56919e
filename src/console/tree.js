// The tree of paths: folders that open level by level, a page at a time, and follow what changes.

import * as api from "./api.js";
import { $, element, put } from "./dom.js";
import { below, folders, normalise, readable } from "./path.js";
import * as token from "./token.js";

const PAGE = 200;
const MOST = 1000;
// Of more folders it is not asked whether they are still there: all is listed once more.
const FEW = 5;

const tree = $("tree");
const filter = $("filter");

let root;
/** The record or folder that is open, the item that has the focus, the newest refresh. */
let selected;
let focused = "";
let turn = 0;
/** How many lists are on their way, and the changes since: a list may be older than they are. */
let underway = 0;
const since = [];

export const isEmpty = () => root?.prefix === "/" && !root.entries.length;

/** What all listed paths begin with. */
export const prefix = () => normalise(filter.value || filter.placeholder);

/** Lists a part of the tree unless another prefix was typed, or although it was. */
export function settle(home, firmly) {
	if (firmly || !filter.value || filter.value === filter.placeholder) filter.value = home === "/" ? "" : home;
	filter.placeholder = home;
	return (firmly || root) && root?.prefix !== prefix() && refresh();
}

/** A level: what is listed of it, how much that was, where it goes on, and what is open below. */
async function first(prefix, limit = PAGE) {
	const level = { prefix, entries: [], open: new Map() };
	await extend(level, limit);
	return level;
}

async function extend(level, limit) {
	const { entries, next } = await api.list(level.prefix, limit, level.next);
	// The record at `/a/` stands beside the folder, not inside it.
	level.entries.push(...entries.filter(({ path }) => path !== level.prefix || path === prefix()));
	Object.assign(level, { next, listed: level.entries.length });
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
	let failed;
	const [mine, { length }] = [turn, since];
	underway++;
	try {
		await work();
	} catch ({ code, message }) {
		// What the token opens is shown in place of a tree.
		failed = code === "forbidden" && !filter.value ? "" : `The paths can’t be listed: ${message}`;
	}
	const late = since.slice(length);
	if (!--underway) since.length = 0;
	// A newer refresh says what is true now; where nothing is listed, only a failure says anything.
	if (mine === turn && (root || failed !== undefined)) {
		const nothing = root && !root.entries.length && !isEmpty();
		put("tree-state", failed || (nothing ? "No path begins like this." : ""));
	}
	if (late.length) await take(late);
}

/** Hears what happened, by path. */
export function told(changes) {
	if (underway) since.push(...changes);
	return take(changes);
}

/** Puts into the list what came, and takes out what went. */
async function take(changes) {
	if (!root) return;
	const doubtful = new Map();
	let touched, stale;
	const place = (level, path, written) => {
		const slash = path.indexOf("/", level.prefix.length) + 1;
		const folder = slash > 0 && slash < path.length;
		const entry = folder ? { path: path.slice(0, slash), folder } : { path };
		const open = folder && level.open.get(entry.path);
		if (open) place(open, path, written);
		const { entries, next, listed } = level;
		const at = position(entries, entry);
		const here = at < entries.length && key(entries[at]) === key(entry);
		if (written) {
			// What comes behind what is listed is on the next page.
			if (here || (next && at === entries.length)) return;
			entries.splice(at, 0, entry);
			touched = true;
			stale ||= entries.length > listed + MOST;
		} else if (here && folder && !open) {
			doubtful.set(entry.path, { level, path });
		} else if (here && (!folder || !(open.entries.length || open.next))) {
			withdraw(level, entry);
			touched = true;
			stale ||= !level.entries.length && next;
		}
	};
	for (const [path, { event }] of changes) if (path.startsWith(root.prefix)) place(root, path, event === "written");
	if (touched) render();
	if (stale || doubtful.size > FEW) {
		await refresh();
	} else if (doubtful.size) {
		await attempt(async () => {
			for (const [folder, { level, path }] of doubtful) {
				if ((await first(folder, 2)).entries.length) continue;
				withdraw(level, { path: folder, folder: true });
				// What it was in may be empty now.
				place(root, path, false);
			}
			render();
		});
	}
}

/** Where an entry is, or would be. */
function position(entries, entry) {
	let [from, to] = [0, entries.length];
	while (from < to) {
		const middle = (from + to) >> 1;
		if (key(entries[middle]) < key(entry)) from = middle + 1;
		else to = middle;
	}
	return from;
}

function withdraw(level, entry) {
	level.entries = level.entries.filter((other) => key(other) !== key(entry));
	if (entry.folder) level.open.delete(entry.path);
}

/** Lists once more what is listed now. */
export async function refresh() {
	const mine = ++turn;
	const wanted = prefix();
	$("all").href = below(wanted);
	await attempt(async () => {
		let now;
		try {
			now = await (root?.prefix === wanted ? again(root) : first(wanted));
		} catch (problem) {
			if (mine !== turn) return;
			if (problem.code !== "forbidden") throw problem;
			// It may be known by now what to list instead.
			if (prefix() !== wanted) return refresh();
			root = undefined;
			tree.replaceChildren();
			tree.hidden = true;
			throw problem;
		}
		if (mine !== turn) return;
		// The items are called otherwise below another prefix.
		if (root?.prefix !== wanted) tree.replaceChildren();
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

/** Touches what has changed only: so the focus and the place stay. */
function render() {
	// A list that was on its way may come when what it belongs to is shown no more.
	if (!root) return;
	const had = tree.contains(document.activeElement);
	const shown = new Map([...tree.children].map((item) => [item.key, item]));
	const was = [...shown.keys()].indexOf(focused);
	const all = items(root, 1, shown);
	const kept = new Set(all);
	for (const item of shown.values()) if (!kept.has(item)) item.remove();
	let next = tree.firstChild;
	for (const item of all) {
		if (item === next) next = next.nextSibling;
		else tree.insertBefore(item, next);
	}
	tree.hidden = !root.entries.length;
	let focusable = all.find((item) => item.key === focused);
	if (!focusable) {
		// Gone: then the one in its place.
		focusable = all[Math.min(Math.max(was, 0), all.length - 1)];
		if (was >= 0 && focusable) focused = focusable.key;
	}
	for (const item of all) mark(item, "tabIndex", item === focusable ? 0 : -1);
	if (had) focusable?.focus({ preventScroll: true });
}

function mark(item, name, value) {
	if (item[name] !== value) item[name] = value;
}

/** The items of a level and of what is open below it, those that are shown already among them. */
function items(level, depth, shown) {
	const item = (itemKey, name, act) => Object.assign(shown.get(itemKey) ?? treeitem(itemKey, name, depth), { act });
	const made = level.entries.flatMap((entry) => {
		const { path, folder } = entry;
		const name = readable(path.slice(level.prefix.lastIndexOf("/") + 1)) || "/";
		const it = item(key(entry), name, () => (folder ? enter(level, path) : (location.hash = path)));
		const open = folder && level.open.get(path);
		mark(it, "ariaSelected", String(Boolean(selected) && it.key === key(selected)));
		if (!folder) return [it];
		mark(it, "ariaExpanded", String(Boolean(open)));
		it.toggle = () => toggle(level, path);
		return open ? [it, ...items(open, depth + 1, shown)] : [it];
	});
	if (level.next) made.push(item(`more ${level.prefix}`, "Show more …", () => more(level)));
	return made;
}

/** A folder and a record can have the same path; then the record comes first. No path has a space. */
const key = ({ path, folder }) => (folder ? `${path} ` : path);

function treeitem(key, name, ariaLevel) {
	const item = element("li", { role: "treeitem", tabIndex: -1, ariaLevel, key }, element("bdi", {}, name));
	item.style.setProperty("--level", ariaLevel);
	item.onclick = ({ target, offsetX }) => {
		focusOn(item);
		const onMark = target === item && offsetX < parseFloat(getComputedStyle(item).paddingLeft);
		(onMark && item.toggle ? item.toggle : item.act)();
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

tree.addEventListener("focusin", ({ target }) => (focused = target.key));

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
