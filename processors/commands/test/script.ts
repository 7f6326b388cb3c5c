// What the target of a case answers, request by request.

import type { Rule } from './suite/lines.ts'
import { deviceOf } from './suite/names.ts'

export class Script {
  readonly #rules: readonly { readonly rule: Rule; left: number }[]
  readonly #accepts: string

  /** `accepts` is the answer when no rule has one. */
  constructor(rules: readonly Rule[], accepts: string) {
    this.#rules = rules.map(rule => ({ rule, left: rule.times }))
    this.#accepts = accepts
  }

  /** What a request with these messages is answered, made `atMs` after the start of the case. */
  next(names: readonly string[], atMs: number): string {
    const isUsable = ({ rule, left }: { rule: Rule; left: number }) => left > 0 && atMs < rule.untilMs
    const concerns = ({ when }: Rule) => names.some(name => name === when || deviceOf(name) === when)
    const found =
      this.#rules.find(one => isUsable(one) && concerns(one.rule)) ??
      this.#rules.find(one => isUsable(one) && one.rule.when === null)
    if (found === undefined) return this.#accepts
    found.left--
    return found.rule.answer
  }
}
