// What is felt every few seconds: the counts, and whether the store answers.

import * as api from "./api.js";
import { put } from "./dom.js";

const CALM = 5000;
const DOWN = 1500;

/** Digits in groups. */
export const grouped = (digits) => (digits ? BigInt(digits).toLocaleString() : "–");

/** Begins. `beat` is told if the store has come back, and if the number of records has changed. */
export function start(beat) {
	let timer, records;
	let trouble = "";
	const feel = async () => {
		clearTimeout(timer);
		if (document.hidden) return;
		const back = Boolean(trouble);
		try {
			const now = await api.metrics();
			trouble = now.redis_up === "1" ? "" : "The store does not answer.";
			if (!trouble) {
				beat({ back, changed: now.records !== records });
				records = now.records;
				put("hits", grouped(now.hits_total));
				put("records", grouped(records));
			}
		} catch (problem) {
			// A token is asked for elsewhere, and then this goes on.
			if (problem.code === "unauthorized") return;
			trouble = problem.message;
		}
		put("trouble", trouble && `${trouble} Trying again …`);
		clearTimeout(timer);
		timer = setTimeout(feel, trouble ? DOWN : CALM);
	};
	document.addEventListener("visibilitychange", feel);
	api.events.addEventListener("trouble", feel);
	api.events.addEventListener("token", feel);
	feel();
}
