// Reads the lines of one case and finds what is wrong with them.

import type { Rehearsal } from '../../../../connectors/connector.ts'
import type { Expectations, PolicyCase } from '../../../../schemas/policy-test.ts'
import { parseDuration } from '../../../../schemas/time.ts'
import { type Place, type Places, type Problem, pointerTo } from '../../../service/config/problem.ts'
import { stateKinds } from '../../../stream/health/state.ts'
import { ends } from '../../../stream/settlement/accounts.ts'
import { suggestion } from '../../../suggestion.ts'
import {
  type Deed,
  durationText,
  parseDeed,
  parseRequest,
  parseRule,
  parseSending,
  type Request,
  type Rule,
  type Sending
} from './lines.ts'
import { deviceOf, expand } from './names.ts'

export interface CaseParts {
  /** Where it stands in the file, as a JSON pointer. */
  readonly pointer: string
  readonly places: Places
  readonly rehearsal: Rehearsal<unknown>
  /** It is only shown what happens, so that nothing need be expected. */
  readonly isShown: boolean
}

export class CaseReader {
  readonly problems: Problem[] = []
  readonly sendings: readonly Sending[]
  readonly deeds: readonly Deed[]
  readonly #test: PolicyCase
  readonly #parts: CaseParts
  readonly #expect: Expectations
  readonly #names: ReadonlySet<string>
  readonly #devices: ReadonlySet<string>

  constructor(test: PolicyCase, parts: CaseParts) {
    this.#test = test
    this.#parts = parts
    const example = 'names of messages such as "a1 b1 a2", or "10s a3" for later'
    this.sendings = this.#each(test.messages, 'messages', line => parseSending(line) ?? this.#none(example))
    const names = this.sendings.flatMap(sending => sending.names)
    this.#names = new Set(names)
    this.#devices = new Set(names.map(name => deviceOf(name)))
    this.deeds = this.#readDeeds()
    if (this.#names.size < names.length)
      this.#wrong('messages', 'sends a message twice; give each a name of its own')
    for (const name of Object.keys(test.values)) this.#known(name, pointerTo('values', name))
    this.#expect = test.expect ?? {}
    if (Object.keys(this.#expect).length === 0 && !parts.isShown)
      this.#wrong('expect', 'expects nothing: such a case could not fail')
    this.#checkNames()
  }

  /** Where the case begins. */
  get place(): Place {
    const { places, pointer } = this.#parts
    return places.get(pointer)?.value ?? { file: '', line: 0, column: 0 }
  }

  rules(): Rule[] {
    const { examples, isAnswer } = this.#parts.rehearsal
    const expected = `an answer such as ${examples.join(', ')}; behind it may stand "when a1", "until 60s" and "x3"`
    return this.#each(this.#test.answers, 'answers', (line, path) => {
      const rule = parseRule(line)
      if (rule === null || !isAnswer(rule.answer)) return this.#none(expected)
      if (rule.when !== null && !this.#devices.has(rule.when)) this.#known(rule.when, path)
      return rule
    })
  }

  #readDeeds(): Deed[] {
    const expected = 'a time and what happens then, such as "30s restart", "60s release a" or "60s discard a"'
    return this.#each(this.#test.events, 'events', (line, path) => {
      const deed = parseDeed(line)
      if (deed === null) return this.#none(expected)
      if (deed.kind !== 'restart' && !this.#devices.has(deed.device))
        this.#wrong(path, `names no device of this case: ${deed.device} (${[...this.#devices].join(', ')})`)
      return deed
    })
  }

  requests(): Request[] {
    const expected = 'a line such as "7s a1 b1 -> 200", "0s..500ms a1 -> hang" or "* a1 -> 200"'
    return this.#each(this.#expect.requests ?? [], 'expect/requests', (line, path) => {
      const request = parseRequest(line)
      if (request === null) return this.#none(expected)
      for (const name of request.names) this.#known(name, path)
      return request
    })
  }

  /** When the case ends; null where it says nothing of it. */
  until(): number | null {
    const { until } = this.#test
    if (until === undefined) return null
    const untilMs = this.#duration(until)
    const last = Math.max(...this.sendings.map(({ atMs }) => atMs), ...this.deeds.map(({ atMs }) => atMs))
    if (untilMs !== null && untilMs < last)
      this.#wrong('until', `is before ${durationText(last)}, when something is still to happen`)
    return untilMs
  }

  /** Names that an expectation could be mistyped in, as nothing would ever match them. */
  #checkNames(): void {
    const { delivered = [], counts = {}, state } = this.#expect
    delivered.forEach((line, at) => {
      for (const name of expand(line) ?? []) this.#known(name, `expect/delivered/${at}`)
    })
    for (const name of Object.keys(counts)) {
      if (ends.some(end => end === name)) continue
      const hint = suggestion(name, ends) || ` (known counts: ${ends.join(', ')})`
      this.#wrong(pointerTo('expect/counts', name), `is no count${hint}`)
    }
    const [kind = ''] = (state ?? '').split(' ')
    if (state === undefined || stateKinds.some(one => one === kind)) return
    const hint = suggestion(kind, stateKinds) || ` (known states: ${stateKinds.join(', ')})`
    this.#wrong('expect/state', `begins with no state${hint}`)
  }

  #duration(text: string): number | null {
    const durationMs = parseDuration(text)
    if (durationMs === null)
      this.#wrong('until', `must be a duration such as 500ms, 90s or 5m, got "${text}"`)
    return durationMs
  }

  #known(name: string, path: string): void {
    const known = [...this.#names]
    if (this.#names.has(name)) return
    this.#wrong(
      path,
      `names no message of this case: ${name}${suggestion(name, known) || ` (${known.join(', ')})`}`
    )
  }

  /** Reads each line; what cannot be read is a problem at its place. */
  #each<T>(written: readonly string[], path: string, read: (line: string, path: string) => T | Unread): T[] {
    return written.flatMap((line, at) => {
      const place = `${path}/${at}`
      const found = read(line, place)
      if (!(found instanceof Unread)) return [found]
      this.#wrong(place, `must be ${found.expected}, got "${line}"`)
      return []
    })
  }

  #none(expected: string): Unread {
    return new Unread(expected)
  }

  /** `path` is a JSON pointer below the case, without its first slash. */
  #wrong(path: string, sentence: string): void {
    const { places, pointer } = this.#parts
    const problem = places.problem({ pointer: `${pointer}/${path}`, at: 'value', sentence })
    if (problem !== null) this.problems.push(problem)
  }
}

/** What should have stood where something cannot be read. */
class Unread {
  readonly expected: string

  constructor(expected: string) {
    this.expected = expected
  }
}
