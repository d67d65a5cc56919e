// The token that requests carry, and what it opens.

import { ask } from "./dom.js";
import { readable } from "./path.js";

const KEY = "path-records-token";
const ALL = [{ prefix: "/", can: "write" }];
let asking;
let opened = ALL;

/** Tells `opens` when it is known anew what the token opens. */
export const events = new EventTarget();

export const current = () => sessionStorage.getItem(KEY);

export const headers = () => current() && { Authorization: `Bearer ${current()}` };

/** Its parts of the tree. Until the service has said of which it is for, it is for all. */
export const parts = () => opened;
export const limited = () => opened !== ALL;

/** Hears what it opens. */
export function learn(now) {
	if (JSON.stringify(now) === JSON.stringify(opened)) return;
	opened = now;
	events.dispatchEvent(new Event("opens"));
}

/** What it may do with a path or, if `below`, with all that begins like it: "write", "read" or "". */
export function can(path = "", below) {
	const covers = ({ prefix }) => (prefix.endsWith("/") ? path.startsWith(prefix) : path === prefix && !below);
	const found = opened.filter(covers);
	return (found.find((part) => part.can === "write") ?? found[0])?.can ?? "";
}

/** The part to list that has this path; the first one if none has. */
export function home(path = "") {
	const listed = opened.map(({ prefix }) => prefix).filter((prefix) => prefix.endsWith("/"));
	if (!listed.length || listed.includes("/")) return "/";
	return listed.find((prefix) => path.startsWith(prefix)) ?? listed[0];
}

const told = ({ prefix, can }) => `${prefix === "/" ? "all paths" : readable(prefix)} (to ${can})`;

/** The same for people. */
export const says = () => `The token opens ${opened.map(told).join(", ")}.`;

/** Asks for it, once for all requests that wait. */
export function need(why) {
	asking ??= ask({
		title: "A token is needed",
		text: why,
		label: "Token",
		type: "password",
		hint: () => "It is kept until this tab is closed.",
		wrong: (text) => (/^\s*[!-~]+\s*$/.test(text) ? "" : "A token has letters, digits and signs."),
		yes: "Use it",
	})
		.then((token) => {
			if (token) {
				sessionStorage.setItem(KEY, token);
				learn(ALL);
			}
			return token;
		})
		.finally(() => (asking = undefined));
	return asking;
}
