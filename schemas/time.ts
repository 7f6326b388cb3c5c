// Points and lengths of time as people and devices write them. One strict reading serves the configuration (`start`) and the
// messages that arrive with a text as timestamp; Date.parse alone takes days that do not exist and local times.

const iso = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(\.\d{1,9})?)?(?:([Zz])|([+-]\d\d):?(\d\d))$/

/** Unix milliseconds of an ISO 8601 date with time and zone (`2026-01-31T08:00:00Z`), or null if it is none. */
export function parseTime(text: string): number | null {
  const match = iso.exec(text)
  if (match === null) return null
  const [, date, minutes, seconds = '00', fraction = '.0', utc, hours, rest] = match
  const zone = utc === undefined ? `${hours}:${rest}` : 'Z'
  const midnight = new Date(`${date}T00:00:00Z`)
  // Date rolls the 30th of February over into March instead of refusing it.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(`${date}T`)) return null
  const time = Date.parse(`${date}T${minutes}:${seconds}${fraction.slice(0, 4)}${zone}`)
  return Number.isNaN(time) ? null : time
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `200ms`, `10s`, `2m` or `1h`, or null if it is none. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const unitMs = unitsMs[unit ?? '']
  return unitMs === undefined ? null : Number(digits) * unitMs
}
