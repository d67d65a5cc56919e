// The service, as the page uses it.

import { split } from "./json.js";
import { address } from "./path.js";
import { end } from "./time.js";
import * as token from "./token.js";

const PATIENCE = 20_000;

/** The media type of records as lines. */
export const LINES = "application/x-ndjson";

/** Tells `trouble` when nothing answers, `token` when one was given, and `changed` when many records were. */
export const events = new EventTarget();

/** The tag that the service gave, hex digits, of what compressing proxies make of it: `W/"…"`, `"…-gzip"`. */
const strong = (etag) => etag?.replace(/.*?("\w*).*/, '$1"');

/** The next page's address. */
const following = (link) => /<([^>]*)>\s*;\s*rel="?next\b/.exec(link)?.[1];

/**
 * Sends a request; throws what has the problem's `code`, if the service named one. Asks for a token unless `quiet`, or
 * unless there is one that opens other paths: those can be shown.
 */
async function send(method, url, { headers, body, quiet, patience = quiet ? PATIENCE / 4 : PATIENCE, signal } = {}) {
	const sent = token.current();
	const unknown = method === "GET" ? "" : " Whether this was done is not known.";
	let detail = `The service does not answer.${unknown}`;
	let code, prefixes;
	try {
		const answer = await fetch(address(url), {
			method,
			body,
			headers: { ...headers, ...token.headers() },
			cache: "no-store",
			signal: AbortSignal.any([AbortSignal.timeout(patience), ...(signal ? [signal] : [])]),
		});
		const { ok, status } = answer;
		const type = answer.headers.get("Content-Type") ?? "";
		// A proxy's own pages, of errors or to log in, are none of the service's answers.
		detail = `Something in front of the service answers: ${status}.${status >= 400 && status < 500 ? "" : unknown}`;
		const text = await answer.text();
		if (ok && !type.startsWith("text/html")) {
			return {
				text,
				etag: strong(answer.headers.get("ETag")),
				next: following(answer.headers.get("Link")),
				waits: answer.headers.has("Preference-Applied"),
			};
		}
		if (type.startsWith("application/problem")) ({ detail, code, prefixes } = JSON.parse(text));
	} catch {
		signal?.throwIfAborted();
		// Otherwise the detail says it already.
	}
	const outdated = sent !== token.current();
	if (prefixes && !outdated) {
		token.learn(prefixes);
		detail += ` ${token.says()}`;
	}
	if (!quiet && (code === "unauthorized" || code === "forbidden")) {
		if (outdated || ((code === "unauthorized" || method !== "GET") && (await token.need(detail)))) {
			events.dispatchEvent(new Event("token"));
			return send(method, url, { headers, body, patience, signal });
		}
	}
	if (!quiet && (!code || code === "store-unavailable")) events.dispatchEvent(new Event("trouble"));
	throw Object.assign(Error(detail), { code });
}

/** Asks for another token. */
export async function another() {
	if (await token.need(token.says())) events.dispatchEvent(new Event("token"));
}

const get = (path, query, options) => send("GET", `${path}?${new URLSearchParams(query)}`, options);

/** A page of what is below a prefix; `next` is the next page's address. */
export async function list(prefix, limit, next) {
	const { text } = await (next ? send("GET", next) : get("/-/records", { prefix, limit, delimiter: "/" }));
	const page = JSON.parse(text);
	const folders = page.prefixes.map((path) => ({ path, folder: true }));
	return { entries: [...page.records, ...folders].sort((a, b) => (a.path < b.path ? -1 : 1)), next: page.next };
}

/** What the listing says of a record: that is no hit. A token for the record alone lists nothing. */
export async function look(path) {
	if (!token.can(path, true)) return lookAt(path);
	const { text } = await get("/-/records", { prefix: path, limit: 1 }, { quiet: true });
	const found = JSON.parse(text).records.find((record) => record.path === path);
	return found && { etag: found.etag, until: end(found.ttl) };
}

async function lookAt(path) {
	try {
		return record(await send("GET", path, { quiet: true }));
	} catch (problem) {
		if (problem.code !== "record-not-found") throw problem;
	}
}

/** What has changed below a prefix since `next` was given; without it, where to go on. `waits`: it may wait for that. */
export async function changes(prefix, { next, wait = 0, signal }) {
	const first = `/-/changes?${new URLSearchParams({ prefix, limit: 1000 })}`;
	const { text, waits } = await send("GET", next ?? first, {
		headers: wait && { Prefer: `wait=${wait}` },
		quiet: !next,
		patience: PATIENCE + wait * 1000,
		signal,
	});
	return { ...JSON.parse(text), waits };
}

function record({ text, etag }) {
	const { ttl, ...rest } = split(text);
	return { ...rest, etag, until: end(ttl === "null" ? null : ttl) };
}

/** The record at a path; without a tag if there is none. */
export async function read(path) {
	try {
		const answer = await send("GET", path);
		if (answer.etag) return record(answer);
		// A proxy has taken the tag. The listing has it too, and asked first, never a newer one than the text's.
		const listed = await look(path);
		return record({ ...(await send("GET", path)), etag: listed?.etag });
	} catch (problem) {
		if (problem.code === "record-not-found") return { text: "{\n  \n}" };
		throw problem;
	}
}

/** Writes the record that has this tag; without one, a new record; without a body, its time to live alone. */
export async function write(method, path, body, { ttl, etag }) {
	const headers = {
		...(body && { "Content-Type": "application/json" }),
		[etag ? "If-Match" : "If-None-Match"]: etag ?? "*",
	};
	const answer = await send(method, ttl ? `${path}?ttl=${ttl}` : path, { headers, body });
	const written = record(answer);
	if (written.etag) return written;
	// The tag of what is there now, if that is this; otherwise one that nothing has.
	const { text, etag: now } = await read(path);
	return { ...written, etag: text === written.text ? now : '""' };
}

export const remove = (path, etag) => send("DELETE", path, { headers: { "If-Match": etag } });

/** How often a record was hit: digits. */
export async function hits(path) {
	const { text } = await get("/", { path }, { quiet: true });
	return text.replace(/\D/g, "");
}

/** The metrics, as text by name: that is no hit. */
export async function metrics() {
	const { text } = await send("GET", "/-/metrics", { quiet: true });
	return Object.fromEntries([...text.matchAll(/^path_records_(\w+) (\S+)$/gm)].map(([, ...pair]) => pair));
}

/** Fails where the store doesn't answer; whoever has no token for the metrics may ask this. */
export const ready = () => send("GET", "/-/ready", { quiet: true });

// Many at once: what is asked for may take its time.
const MANY = { patience: 3 * PATIENCE };

/** The pages of what is below a prefix, a line for each record, with its value if `values`. */
export async function* pages(prefix, values, signal) {
	let next = `/-/records?${new URLSearchParams({ prefix, values, limit: 1000 })}`;
	while (next) {
		const page = await send("GET", next, { headers: { Accept: LINES }, signal, ...MANY });
		yield page;
		next = page.next;
	}
}

/** Deletes what is below a prefix, some at a time: how many. Stops between requests, so that it is known what was done. */
export async function* removals(prefix, signal) {
	let next = `/-/records?${new URLSearchParams({ prefix })}`;
	while (next) {
		signal.throwIfAborted();
		const removal = JSON.parse((await send("DELETE", next, MANY)).text);
		yield removal.deleted;
		next = removal.next;
	}
}

/** Stores records that come as lines: what became of each. */
export async function store(body) {
	const { text } = await send("POST", "/-/records", { headers: { "Content-Type": LINES }, body, ...MANY });
	return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
