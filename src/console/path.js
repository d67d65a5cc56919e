// Paths as people type them, as the service stores them, and as people read them.

/** What was typed as RFC 3986 normalises it: the record's name, and the hash. */
export function normalise(typed) {
	return `/${typed.trim().toWellFormed().replace(/^\//, "")}`
		.replace(/%(?![\da-f]{2})/gi, "%25")
		.replace(/[^\w\-.~!$&'()*+,;=:@/%]+/g, encodeURIComponent)
		.replace(/%[\da-f]{2}/gi, (encoded) => {
			const character = String.fromCharCode(parseInt(encoded.slice(1), 16));
			return /[\w\-.~]/.test(character) ? character : encoded.toUpperCase();
		});
}

/** Why no record can be at a path. */
export function complaint(path) {
	if (path === "/") return "A path goes on behind the slash.";
	if (/^\/-(\/|$)/.test(path)) return "Paths from /-/ on belong to the service.";
	// A browser would resolve these before it sends them.
	return /\/\.\.?(\/|$)/.test(path) ? "No segment of a path can be . or .." : "";
}

/** The address of a path. Absolute, since a path may begin with two slashes. */
export const address = (path) => location.origin + path;

/** Decoded where nothing gets lost or hidden by that. */
export function readable(path) {
	return path.replace(/(%[\dA-F]{2})+/g, (encoded) => {
		try {
			const text = decodeURIComponent(encoded);
			return /(?! )[/%\p{C}\p{Z}]/u.test(text) ? encoded : text;
		} catch {
			return encoded;
		}
	});
}

/** The hash of everything below a prefix. No record has it: in a path a question mark is encoded. */
export const below = (prefix) => `#?prefix=${prefix}`;

/** What a hash names: the path of a record, a prefix, or nothing. */
export function named(hash) {
	const [, prefix] = /^#\?prefix=(.*)/.exec(hash) ?? [];
	if (prefix !== undefined) return { prefix: normalise(prefix) };
	return hash.length > 1 ? { path: normalise(hash.slice(1)) } : {};
}

/** The folders that a path is in: `/a/b/c` is in `/a/` and `/a/b/`. */
export const folders = (path) => [...path.matchAll(/(?<=.)\/(?=.)/g)].map(({ index }) => path.slice(0, index + 1));

/** The folder that two paths are in, or below, as deep as a feed can be. */
export function common(one, other) {
	let folder = /^\/([^/]*\/){0,8}/.exec(one)[0];
	while (!other.startsWith(folder)) folder = folder.replace(/[^/]*\/$/, "");
	return folder;
}

export const curl = (path, options) => `curl ${options}'${address(path).replaceAll("'", "'\\''")}'`;
