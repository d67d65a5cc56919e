// What no change in the store tells: how many hits there are, and whether the store answers.

import * as api from "./api.js";
import { put } from "./dom.js";
import * as token from "./token.js";

const CALM = 10_000;
const DOWN = 1500;

let timer, records, beat;
let trouble = "";

/** Digits in groups. */
export const grouped = (digits) => (digits ? BigInt(digits).toLocaleString() : "–");

/** Looks at once. */
export async function feel() {
	clearTimeout(timer);
	if (document.hidden) return;
	const back = Boolean(trouble);
	try {
		// The counts are those of all paths.
		const counts = token.can("/", true);
		const now = counts ? await api.metrics() : { redis_up: "1", ...(await api.ready()) };
		trouble = now.redis_up === "1" ? "" : "The store does not answer.";
		if (!trouble) {
			beat({ back, changed: now.records !== records });
			records = now.records;
			put("hits", counts && grouped(now.hits_total));
			put("records", grouped(records));
		}
	} catch (problem) {
		// A token is asked for elsewhere, and what it opens is known soon; then this goes on.
		if (problem.code === "unauthorized" || problem.code === "forbidden") return;
		trouble = problem.message;
	}
	put("trouble", trouble && `${trouble} Trying again …`);
	clearTimeout(timer);
	timer = setTimeout(feel, trouble ? DOWN : CALM);
}

/** Begins. `told` hears if the store has come back, and if the number of records has changed. */
export function start(told) {
	beat = told;
	document.addEventListener("visibilitychange", feel);
	api.events.addEventListener("trouble", feel);
	api.events.addEventListener("token", feel);
	token.events.addEventListener("opens", feel);
	feel();
}
