// The token that requests carry.

import { ask } from "./dom.js";

const KEY = "path-records-token";
let asking;

export const current = () => sessionStorage.getItem(KEY);

export const headers = () => current() && { Authorization: `Bearer ${current()}` };

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
			if (token) sessionStorage.setItem(KEY, token);
			return token;
		})
		.finally(() => (asking = undefined));
	return asking;
}
