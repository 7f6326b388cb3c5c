// The time that a server asks for before it is sent anything again.

const maxRetryAfterMs = 3_600_000

/**
 * Retry-After (RFC 9110, 10.2.3) in milliseconds: a number of seconds or an HTTP date, at most one hour, so that a
 * mistaken date does not stop a stream for years. Undefined when it is missing or neither.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs)
}

/** Unix ms of an HTTP date in any of its three forms; all begin with the name of a day. */
function httpDate(text: string): number {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN
}
