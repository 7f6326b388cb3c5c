// The lines of text in a policy test: what is sent when, what is answered, what people do, and which requests are
// expected. Each is read into its parts here, or refused with null.

import { parseDuration } from '../../../../schemas/time.ts'
import { contract, expand } from './names.ts'

/** Messages that are sent at a time, counted from the start of the case. */
export interface Sending {
  readonly atMs: number
  readonly names: readonly string[]
}

/** `a1 b1`, or `10s a2` for later. */
export function parseSending(line: string): Sending | null {
  const [first = '', ...rest] = line.trim().split(/\s+/)
  const atMs = parseDuration(first)
  const names = expand(atMs === null ? line : rest.join(' '))
  return names === null || names.length === 0 ? null : { atMs: atMs ?? 0, names }
}

/** What a person does at a time. */
export interface Deed {
  readonly atMs: number
  readonly kind: 'restart' | 'release' | 'discard'
  /** Whom it concerns; empty at a restart. */
  readonly device: string
}

/** `30s restart`, `60s release b`, `60s discard b`. */
export function parseDeed(line: string): Deed | null {
  const [, time = '', kind, device = ''] = /^(\S+) (restart|release|discard)(?: (\S+))?$/.exec(line) ?? []
  const atMs = parseDuration(time)
  if (atMs === null || (kind === 'restart') !== (device === '')) return null
  return { atMs, kind: kind as Deed['kind'], device } // as the pattern has it
}

/** What the target answers, to which requests. */
export interface Rule {
  readonly answer: string
  /** Only to requests that hold this device or message. */
  readonly when: string | null
  /** Only before this time. */
  readonly untilMs: number
  /** Only so often. */
  readonly times: number
}

/** `429 retry-after 7`, with ` when b1`, ` until 60s` and ` x3` behind it, in any order, each where it is wanted. */
export function parseRule(line: string): Rule | null {
  const found: { when?: string; until?: string; times?: string } = {}
  let answer = line.trim()
  for (;;) {
    const [whole, kind = '', value = ''] = / (?:(when|until) (\S+)|x([1-9]\d*))$/.exec(answer) ?? []
    if (whole === undefined) break
    const name = kind === 'when' || kind === 'until' ? kind : 'times'
    if (found[name] !== undefined) return null
    found[name] = name === 'times' ? whole.slice(2) : value
    answer = answer.slice(0, -whole.length)
  }
  const { when = null, until, times } = found
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : parseDuration(until)
  if (answer === '' || untilMs === null) return null
  // An answer that depends on nothing is for one request.
  const isStanding = when !== null || until !== undefined
  const fallback = isStanding ? Number.POSITIVE_INFINITY : 1
  return { answer, when, untilMs, times: times === undefined ? fallback : Number(times) }
}

/** A request that is expected, or was made. */
export interface Request {
  readonly fromMs: number
  readonly toMs: number
  readonly names: readonly string[]
  readonly answer: string
}

/** `7s a1 b1 -> 200`, `0s..500ms a1 -> hang`, `* a1 -> 200`. */
export function parseRequest(line: string): Request | null {
  const [, time = '', list = '', answer = ''] = /^(\S+) (.+?) -> (.+)$/.exec(line.trim()) ?? []
  const names = expand(list)
  const [from = '', to = from] = time.split('..')
  const fromMs = time === '*' ? 0 : parseDuration(from)
  const toMs = time === '*' ? Number.POSITIVE_INFINITY : parseDuration(to)
  return names === null || fromMs === null || toMs === null ? null : { fromMs, toMs, names, answer }
}

export function requestText({ fromMs, names, answer }: Request): string {
  return `${durationText(fromMs)} ${contract(names)} -> ${answer}`
}

/** Between a time that is written and the one that is meant. */
const toleranceMs = 60

/** Whether a request was made as expected. */
export function isAsExpected(expected: Request, made: Request): boolean {
  return (
    made.fromMs >= expected.fromMs - toleranceMs &&
    made.fromMs <= expected.toMs + toleranceMs &&
    made.names.join(' ') === expected.names.join(' ') &&
    made.answer === expected.answer
  )
}

/** To the tenth of a second; whole minutes and hours as such. */
export function durationText(durationMs: number): string {
  const tenths = Math.round(durationMs / 100)
  if (tenths >= 36_000 && tenths % 36_000 === 0) return `${tenths / 36_000}h`
  return tenths >= 1_200 && tenths % 600 === 0 ? `${tenths / 600}m` : `${tenths / 10}s`
}
