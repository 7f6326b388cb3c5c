// The tokens of devices: made when they are needed, kept until a good while before they end, each for another while, so
// that those of a fleet which started together are not all made anew together.

import type { Clock } from '../../clock.ts'
import type { Message } from '../../connector.ts'
import type { KeySource } from './keys.ts'
import { sasToken } from './token.ts'

/** Of its lifetime a token is used for so much at least ... */
const usedShare = 0.7
/** ... and for up to so much more. */
const jitterShare = 0.2
/** Tokens at a time; of devices that have been silent for longest they are made anew. Some 300 bytes each. */
const kept = 20_000

export interface Token {
  readonly text: string
  /** The key in the message that it was made with. */
  readonly keyText: string
  /** Unix ms. */
  readonly madeMs: number
  /** From when on another is used, Unix ms. */
  readonly renewMs: number
}

export interface TokensOptions {
  readonly clock: Clock
  readonly hub: string
  readonly keys: KeySource
  readonly lifetimeMs: number
}

export class Tokens {
  readonly #options: TokensOptions
  /** Those that were used last stand last. */
  readonly #tokens = new Map<string, Token>()
  /** Those with which the hub has let a device in. */
  readonly #proven = new WeakSet<Token>()

  constructor(options: TokensOptions) {
    this.#options = options
  }

  /** How many are kept. */
  get size(): number {
    return this.#tokens.size
  }

  /** The token of a device that sends this message; null: there is no key for it. */
  of(device: string, message: Message): Token | null {
    const { clock, keys } = this.#options
    const keyText = keys.textIn(message)
    const known = this.#tokens.get(device)
    const nowMs = clock.now()
    const isGood = known !== undefined && known.keyText === keyText && isUsable(known, nowMs)
    const token = isGood ? known : this.#make(device, message, keyText)
    this.#tokens.delete(device)
    if (token === null) return null
    this.#tokens.set(device, token)
    const [oldest] = this.#tokens.keys()
    if (this.#tokens.size > kept && oldest !== undefined) this.#tokens.delete(oldest)
    return token
  }

  /** The hub has let a device in with it. */
  letIn(token: Token): void {
    this.#proven.add(token)
  }

  /** It was refused. True when it had been good before, or has come to its end while it waited, so that one made anew may do better. */
  refused(device: string, token: Token): boolean {
    const { clock, lifetimeMs } = this.#options
    if (this.#tokens.get(device) === token) this.#tokens.delete(device)
    return this.#proven.has(token) || clock.now() - token.madeMs >= lifetimeMs
  }

  #make(device: string, message: Message, keyText: string): Token | null {
    const { clock, hub, keys, lifetimeMs } = this.#options
    const key = keys.keyOf(device, message)
    if (key === null) return null
    const madeMs = clock.now()
    const expiresS = Math.ceil((madeMs + lifetimeMs) / 1_000)
    const share = usedShare + jitterShare * clock.random()
    return {
      text: sasToken({ hub, device, expiresS }, key),
      ...{ keyText, madeMs, renewMs: madeMs + share * lifetimeMs }
    }
  }
}

/** A clock that was put back makes a token no better. */
function isUsable({ madeMs, renewMs }: Token, nowMs: number): boolean {
  return nowMs >= madeMs && nowMs < renewMs
}
