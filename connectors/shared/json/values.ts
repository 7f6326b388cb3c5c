// Values in JSON: of a text, of an object by name, and as they stand in the bytes.

import { MemberCursor } from './members.ts'

/** Undefined where the text is no JSON; `null` is JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What `holder` itself has under the name; undefined where it is no object, or has nothing there. */
export function own(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined
  return (holder as Record<string, unknown>)[name] // an object, as was just seen
}

/** Level by level, by names with dots between. */
export function ownAt(holder: unknown, path: string): unknown {
  return path.split('.').reduce(own, holder)
}

const openingBrace = 0x7b

/**
 * A member of a JSON object as it is written, since JSON.parse rounds numbers beyond 2^53; undefined where there is none. For
 * bytes that JSON.parse has accepted as an object.
 */
export function writtenMember(object: Buffer, name: string): string | undefined {
  const members = new MemberCursor(object, object.indexOf(openingBrace), object.length)
  const wanted = Buffer.from(name)
  let written: string | undefined
  // Of two equal names JSON.parse takes the last.
  while (members.next())
    if (members.isNamed(wanted)) written = object.toString('utf8', members.valueStart, members.valueEnd)
  return written
}
