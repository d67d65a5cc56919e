// What happens in the store, heard as it happens: one request that waits, again and again.

import * as api from "./api.js";

// Some proxies let no request wait for long: then less will do.
const WAIT = 60;
const LEAST = 5;

/** So that what happens quickly comes together. Where requests may not wait. From failure to failure. */
const PAUSE = 1000;
const CALM = 5000;
const DOWN = 1500;
const LONGEST = 60_000;
/** Between looks at what can't be followed. */
const SELDOM = 10_000;

/** What is followed, and from where on. */
let prefix, next;
let stopping = new AbortController();
let wait = WAIT;
let wake = () => undefined;

const sleep = (time) => new Promise((done) => {
	const timer = time && setTimeout(done, time);
	wake = () => {
		clearTimeout(timer);
		done();
	};
});

/** Goes on at once with what it waits for. */
export const hurry = () => wake();

/** Follows what happens below a prefix from now on. */
export function follow(wanted) {
	if (wanted === prefix) return;
	prefix = wanted;
	next = undefined;
	restart();
}

function restart() {
	stopping.abort();
	stopping = new AbortController();
	hurry();
}

/** Whether it is known from where on to follow. */
export async function begin() {
	const [beginning, { signal }] = [prefix, stopping];
	const answer = await api.changes(beginning, { signal });
	if (beginning === prefix) next = answer.next;
}

/**
 * Tells what happened last by path; an empty map where nothing has for a while. `anew` comes where that can't be
 * known: what is listed then is followed.
 */
export async function run({ told, anew }) {
	let failures = 0;
	for (;;) {
		// Of the few connections that a browser has, a hidden tab takes none.
		while (document.hidden) await sleep();
		const { signal } = stopping;
		const began = Date.now();
		let pause = PAUSE;
		try {
			if (next) {
				const answer = await api.changes(prefix, { next, wait, signal });
				signal.throwIfAborted();
				next = answer.next;
				if (!answer.waits && !answer.changes.length) pause = CALM;
				told(new Map(answer.changes.map((change) => [change.path, change])));
			} else {
				await begin();
				await anew();
			}
			failures = 0;
		} catch ({ code }) {
			if (signal.aborted) continue;
			const waited = Date.now() - began;
			if (code === "changes-forgotten") {
				next = undefined;
			} else if (code === "unauthorized" || code === "forbidden") {
				// Another token or another prefix leads on.
				pause = 0;
			} else if (code === "invalid-query") {
				// Where the records are in several parts, only what is below one first segment is followed.
				await anew();
				pause = SELDOM;
			} else if (!code && next && waited > 2000 * LEAST) {
				wait = Math.max(Math.floor(waited / 2000), LEAST);
			} else {
				pause = Math.min(DOWN * 2 ** failures++, LONGEST);
			}
		}
		await sleep(pause);
	}
}

document.addEventListener("visibilitychange", restart);
api.events.addEventListener("token", hurry);
