// The service, as the page uses it.

import { split } from "./json.js";
import { address } from "./path.js";
import { end } from "./time.js";
import * as token from "./token.js";

const PATIENCE = 20_000;

/** Tells `trouble` when nothing answers, and `token` when one was given. */
export const events = new EventTarget();

/** Sends a request; throws what has the answer's `status`, or 0. Asks for a token unless `quiet`. */
async function send(method, url, { headers, body, quiet } = {}) {
	const sent = token.current();
	let status = 0;
	let detail = `The service does not answer.${method === "GET" ? "" : " Whether this was done is not known."}`;
	try {
		const answer = await fetch(address(url), {
			method,
			body,
			headers: { ...headers, ...token.headers() },
			cache: "no-store",
			signal: AbortSignal.timeout(quiet ? PATIENCE / 4 : PATIENCE),
		});
		const text = await answer.text();
		if (answer.ok) return { text, etag: answer.headers.get("ETag") };
		status = answer.status;
		({ detail } = JSON.parse(text));
	} catch {
		// The detail says it already.
	}
	if (!quiet && (status === 401 || status === 403)) {
		if (sent !== token.current() || (await token.need(detail))) {
			events.dispatchEvent(new Event("token"));
			return send(method, url, { headers, body });
		}
	}
	if (!quiet && (status === 0 || status === 503)) events.dispatchEvent(new Event("trouble"));
	throw Object.assign(Error(detail), { status });
}

const get = (path, query, options) => send("GET", `${path}?${new URLSearchParams(query)}`, options);

/** A page of what is below a prefix; `next` is the next page's address. */
export async function list(prefix, limit, next) {
	const { text } = await (next ? send("GET", next) : get("/-/records", { prefix, limit, delimiter: "/" }));
	const page = JSON.parse(text);
	const folders = page.prefixes.map((path) => ({ path, folder: true }));
	return { entries: [...page.records, ...folders].sort((a, b) => (a.path < b.path ? -1 : 1)), next: page.next };
}

/** What the listing says of a record: that is no hit. */
export async function look(path) {
	const { text } = await get("/-/records", { prefix: path, limit: 1 }, { quiet: true });
	return JSON.parse(text).records.find((record) => record.path === path);
}

function record({ text, etag }) {
	const { ttl, ...rest } = split(text);
	return { ...rest, etag, until: end(ttl === "null" ? null : ttl) };
}

/** The record at a path; without a tag if there is none. */
export async function read(path) {
	try {
		return record(await send("GET", path));
	} catch (problem) {
		if (problem.status === 404) return { text: "{\n  \n}" };
		throw problem;
	}
}

/** Writes the record that has this tag; without one, a new record. */
export async function write(method, path, body, { ttl, etag }) {
	const headers = {
		"Content-Type": method === "PUT" ? "application/json" : "application/merge-patch+json",
		[etag ? "If-Match" : "If-None-Match"]: etag ?? "*",
	};
	return record(await send(method, ttl ? `${path}?ttl=${ttl}` : path, { headers, body }));
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
