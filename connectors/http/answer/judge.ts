// What an answer means, in this order: the rules of the user, for what the status does not tell; what the body says of
// single messages; the table of statuses (outcome.ts).

import { FaultError } from '../../../schemas/errors.ts'
import type { Message, Outcome } from '../../connector.ts'
import { parseJson } from '../../shared/json/values.ts'
import type { Meaning } from '../config/answers.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import { valueAt } from './body-path.ts'
import {
  type Answer,
  confirms,
  failureOf,
  outcomeOfAnswer,
  outcomeOfMeaning,
  type StatusRules
} from './outcome.ts'
import { Parts } from './parts.ts'

interface Rule {
  readonly statuses: ReadonlySet<number> | null
  readonly wanted: readonly (readonly [path: string, values: readonly unknown[]])[]
  readonly means: Meaning
}

/** An answer whose body has come as far as it was read. */
export interface WholeAnswer extends Answer {
  /** Null where it was not to be read, or is longer than what is read. */
  readonly body: string | null
}

export class Judge {
  readonly #statuses: StatusRules
  readonly #rules: readonly Rule[]
  readonly #parts: Parts | null
  readonly #renewsToken: boolean

  /** Throws a FaultError `config_invalid` for what does not go together. */
  constructor(config: HttpTargetConfig) {
    this.#statuses = {
      success: config.success === undefined ? null : new Set(config.success),
      refusesDevice: new Set(config.refusesDevice)
    }
    this.#rules = config.rules.map(ruleOf)
    this.#parts = config.parts === undefined ? null : new Parts(config.parts)
    this.#renewsToken = config.oauth2 !== undefined
  }

  /** Does the status alone say that the target has the messages, once the answer has ended? */
  confirms(status: number): boolean {
    if (this.reads(status)) return false
    const rule = this.#rules.find(({ statuses }) => statuses?.has(status)) // that needs no body, as was just seen
    return rule === undefined ? confirms(status, this.#statuses) : rule.means === 'delivered'
  }

  /** Has the body to be read to know what an answer with the status means? */
  reads(status: number): boolean {
    return (
      this.speaksOfParts(status) ||
      this.#rules.some(({ statuses, wanted }) => wanted.length > 0 && (statuses?.has(status) ?? true))
    )
  }

  /** One outcome, or one for each message where the answer tells them apart. */
  outcome(answer: WholeAnswer, messages: readonly Message[], nowMs: number): Outcome | Outcome[] {
    const { status, body } = answer
    const json = body === null ? undefined : parseJson(body)
    const rule = this.#rules.find(one => fits(one, status, json))
    if (rule !== undefined) return outcomeOfMeaning(rule.means, answer, nowMs)
    if (this.#parts !== null && this.speaksOfParts(status))
      return this.#parts.outcome(answer, { json, messages, nowMs })
    if (status === 401 && this.#renewsToken) return failureOf('http_token_refused', answer, nowMs)
    return outcomeOfAnswer(answer, this.#statuses, nowMs)
  }

  /** Does the body of an answer with this status say what became of single messages? */
  speaksOfParts(status: number): boolean {
    if (this.#parts === null) return false
    return this.#parts.statuses?.has(status) ?? (status === 207 || confirms(status, this.#statuses))
  }
}

function ruleOf({ status, body, means }: HttpTargetConfig['rules'][number], at: number): Rule {
  const wanted = Object.entries(body).map(([path, value]) => [path, [value].flat()] as const)
  const odd = wanted.find(([, values]) => values.some(value => typeof value === 'object' && value !== null))
  if (odd !== undefined) {
    const detail = `must be a text, number, boolean or null, or a list of them`
    throw new FaultError('config_invalid', { path: `rules[${at}].body["${odd[0]}"]`, detail })
  }
  if (status === undefined && wanted.length === 0) {
    const detail = 'must name status, body or both: without them it would be for every answer'
    throw new FaultError('config_invalid', { path: `rules[${at}]`, detail })
  }
  return { statuses: status === undefined ? null : new Set(status), wanted, means }
}

function fits({ statuses, wanted }: Rule, status: number, json: unknown): boolean {
  if (statuses !== null && !statuses.has(status)) return false
  return wanted.every(([path, values]) => values.includes(valueAt(json, path)))
}
