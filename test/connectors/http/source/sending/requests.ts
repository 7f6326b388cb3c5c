// What senders of the source suite put into requests, and what they make of the answers, over any HTTP.

import type { Bad, Result } from '../../../../conformance/source.ts'

/** What came back for a request. */
export interface Answered {
  readonly status: number
  readonly text: string
}

/** Of a message, as the sources of the suite are configured. */
export const maxMessageBytes = 50_000
/** A request of JSON holds no more. */
const requestBytes = 400_000
const requestMessages = 100

/** The first messages, as many as go into one request of JSON. */
export function firstRequest(messages: readonly Buffer[]): readonly Buffer[] {
  let [count, bytes] = [0, 0]
  for (const message of messages.slice(0, requestMessages)) {
    bytes += message.length
    if (count > 0 && bytes > requestBytes) break
    count++
  }
  return messages.slice(0, count)
}

/** Bodies that are read whole and hold no message. */
export const badBodies: Readonly<Record<Extract<Bad, 'no message' | 'oversized'>, string>> = {
  'no message': '{"timestamp":1}',
  oversized: `{"ident":"${'8'.repeat(maxMessageBytes)}"}`
}

/** Broken off, whatever its length is said to be. */
export const brokenBody = '[{"ident":"862552046671133",'

/** Null: nothing came back. */
export function resultOf(answer: Answered | null): Result {
  if (answer === null) return 'lost'
  if (answer.status === 200) return 'acknowledged'
  return [408, 429, 500, 503].includes(answer.status) ? 'again' : 'refused'
}

/** How many of the `count` messages of a request are stored, going by its answer: the first ones. */
export function storedOf(answer: Answered | null, count: number): number {
  if (answer === null) return 0
  return answer.status === 200 ? count : (JSON.parse(answer.text).error?.stored ?? 0)
}
