// Partial acceptance: the answer has lists whose entries say what became of single messages. An entry that cannot be
// laid to a message, or whose value is unknown, makes the whole answer worth nothing: what it says of one might be meant
// for another, and a message that was refused must not pass as delivered. Then all are sent again.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message, Outcome } from '../../connector.ts'
import { onOneLine } from '../../shared/http/excerpt.ts'
import type { Meaning } from '../config/answers.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import { valueAt } from './body-path.ts'
import { type Answer, confirmationOf, outcomeOfMeaning, unreadable } from './outcome.ts'

type Config = NonNullable<HttpTargetConfig['parts']>
type List = Config['lists'][number]

interface About {
  readonly json: unknown
  readonly messages: readonly Message[]
  readonly nowMs: number
}

export class Parts {
  /** The statuses whose bodies are read so; null means those of success, and 207. */
  readonly statuses: ReadonlySet<number> | null
  readonly #config: Config

  /** Throws a FaultError `config_invalid` for what does not go together. */
  constructor(config: Config) {
    this.statuses = config.status === undefined ? null : new Set(config.status)
    this.#config = config
    config.lists.forEach(check)
  }

  outcome(answer: Answer, { json, messages, nowMs }: About): Outcome | Outcome[] {
    const { lists, unnamed } = this.#config
    if (typeof json !== 'object' || json === null)
      return unreadable(answer, 'its body is no JSON object or array')
    const outcomes = messages.map(() => ofMessage(outcomeOfMeaning(unnamed, answer, nowMs)))
    for (const list of lists) {
      const entries = valueAt(json, list.at) ?? []
      if (!Array.isArray(entries)) return unreadable(answer, `${list.at} is no list`)
      const places = placesOf(list, messages)
      if (places === null && entries.length !== messages.length)
        return unreadable(answer, `${list.at} has ${entries.length} entries for ${messages.length} messages`)
      for (const [at, entry] of entries.entries()) {
        const found = places === null ? [at] : places(entry)
        const means = meaningOf(list, entry)
        if (found === undefined) return unreadable(answer, `${list.at}.${at} names no message of the request`)
        if (means === undefined) return unreadable(answer, `${list.at}.${at} has a value that is not listed`)
        const outcome =
          means === 'delivered'
            ? confirmationOf({ ...answer, excerpt: saidIn(list, entry) })
            : ofMessage(outcomeOfMeaning(means, { ...answer, excerpt: reasonIn(list, entry) }, nowMs))
        for (const place of found) outcomes[place] = outcome
      }
    }
    return outcomes
  }
}

/** A message that is to be sent again holds up its device, and not the others of the batch. */
function ofMessage(outcome: Outcome): Outcome {
  return outcome.kind === 'retry' ? { ...outcome, scope: 'device' } : outcome
}

/** Finds the messages that an entry is about, undefined where there is none; null where its place tells. */
function placesOf(
  { index, id, ident }: List,
  messages: readonly Message[]
): ((entry: unknown) => readonly number[] | undefined) | null {
  if (index !== undefined)
    return entry => {
      const place = Number(valueAt(entry, index) ?? Number.NaN)
      return Number.isInteger(place) && place >= 0 && place < messages.length ? [place] : undefined
    }
  const path = id ?? ident
  if (path === undefined) return null
  const byName = new Map<string, number[]>()
  messages.forEach((message, place) => {
    const name = id === undefined ? (message.key() ?? '') : message.id()
    byName.set(name, [...(byName.get(name) ?? []), place])
  })
  return entry => byName.get(String(valueAt(entry, path)))
}

function meaningOf({ means, meanings, value }: List, entry: unknown): Meaning | undefined {
  if (means !== undefined || value === undefined) return means
  const found = String(valueAt(entry, value))
  return Object.hasOwn(meanings, found) ? meanings[found] : meanings['*']
}

/** Far more of a reason than is shown: secrets are masked, and the rest is cut, when the attempt is settled. */
const looked = 4_096

function reasonIn({ reason }: List, entry: unknown): string {
  const found = reason === undefined ? entry : valueAt(entry, reason)
  const text = typeof found === 'string' ? found : (JSON.stringify(found) ?? '')
  return onOneLine(text.slice(0, looked))
}

/** The value and the reason of a message that the target has: `accepted` and `duplicate` are both delivered. */
function saidIn(list: List, entry: unknown): string {
  const { value, reason } = list
  const values = value === undefined ? [] : [onOneLine(String(valueAt(entry, value)).slice(0, looked))]
  const hasReason = reason === undefined ? value === undefined : valueAt(entry, reason) !== undefined
  return [...values, ...(hasReason ? [reasonIn(list, entry)] : [])].join(', ')
}

function check({ index, id, ident, means, meanings, value }: List, at: number): void {
  const path = `parts.lists[${at}]`
  const wrong = (detail: string) => new FaultError('config_invalid', { path, detail })
  if ([index, id, ident].filter(one => one !== undefined).length > 1)
    throw wrong('must have one of index, id and ident')
  const hasMeanings = Object.keys(meanings).length > 0
  if ((means === undefined) !== hasMeanings) throw wrong('must have means, or value and meanings')
  if (hasMeanings && value === undefined)
    throw wrong('must have value beside meanings: where the value stands')
}
