// Values in JSON: of a text, of an object by name, and as they stand in the bytes.

import { MemberCursor } from './members.ts'
import { parseExactly } from './parse.ts'

/** Undefined where the text is no JSON; `null` is JSON. */
export function parseJson(text: string): unknown {
  try {
    return parseExactly(text)
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
 * The members of a JSON object as they are written, since JSON.parse rounds numbers beyond 2^53. For bytes that JSON.parse
 * has accepted as an object. They are walked once, when the first member is asked for, however many are.
 */
export class WrittenMembers {
  readonly #object: Buffer
  #ranges: ReadonlyMap<string, readonly [start: number, end: number]> | null = null

  constructor(object: Buffer) {
    this.#object = object
  }

  /** Undefined where there is none of the name. */
  get(name: string): string | undefined {
    this.#ranges ??= rangesOf(this.#object)
    const range = this.#ranges.get(name)
    return range === undefined ? undefined : this.#object.toString('utf8', ...range)
  }
}

/** Of two equal names JSON.parse takes the last. */
function rangesOf(object: Buffer): Map<string, readonly [number, number]> {
  const members = new MemberCursor(object, object.indexOf(openingBrace), object.length)
  const ranges = new Map<string, readonly [number, number]>()
  while (members.next()) ranges.set(members.name, [members.valueStart, members.valueEnd])
  return ranges
}

/** One member as it is written; who asks for several makes one WrittenMembers. */
export function writtenMember(object: Buffer, name: string): string | undefined {
  return new WrittenMembers(object).get(name)
}
