// Times to live and moments, for people.

const UNITS = { d: 86400, h: 3600, min: 60, s: 1 };

/** A duration in its two largest units. */
export function duration(seconds) {
	const parts = [];
	for (const unit in UNITS) {
		const count = Math.floor(seconds / UNITS[unit]);
		if (count || parts.length) parts.push(`${count} ${unit}`);
		seconds %= UNITS[unit];
	}
	return parts.slice(0, 2).join(" ") || "0 s";
}

export const moment = (seconds) => (seconds > 0 ? new Date(seconds * 1000).toLocaleString() : "–");

/** When a time to live is over that runs from now; what is left then; that, for the query. */
export const end = (ttl) => (ttl === null || ttl === "never" ? Infinity : Date.now() + ttl * 1000);
export const left = (until) => Math.max(Math.ceil((until - Date.now()) / 1000), 0);
export const query = (until) => (until === Infinity ? "never" : left(until) || 1);

/** What people write for a time to live, for the query. */
export function parse(text) {
	if (/^\s*never\s*$/i.test(text)) return "never";
	const [, count, unit] = /^\s*0*([1-9]\d{0,14}) *(s|min|h|d)\s*$/i.exec(text) ?? [];
	return count && `${BigInt(count) * BigInt(UNITS[unit.toLowerCase()])}`;
}
