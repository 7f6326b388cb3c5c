// A Wialon source on free ports of the loopback, with an append that keeps what it gets and waits or fails to order.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import type { Clock } from '../../../../connectors/clock.ts'
import type { Append, Broken, Feed } from '../../../../connectors/connector.ts'
import type { ByteBudget } from '../../../../connectors/shared/byte-budget.ts'
import { WialonSource } from '../../../../connectors/wialon/source.ts'
import { type WialonSourceConfig, wialonSourceSchema } from '../../../../connectors/wialon/source-config.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { type Sender, senderAt, Told } from '../../shared/tcp/harness.ts'

export interface HarnessOptions {
  readonly clock?: Clock
  readonly maxBytes?: number
}

export class Harness {
  readonly told = new Told()
  /** What was appended, as objects. */
  readonly stored: Record<string, unknown>[] = []
  readonly aside: Broken[] = []
  /** How many messages each append had. */
  readonly appends: number[] = []
  /** Of appends that wait at the gate. */
  pendingMessages = 0
  pendingBytes = 0
  readonly budget: ByteBudget
  /** Replaced to order delays and failures; called before anything is kept. */
  gate: () => Promise<void> = async () => {}
  /** What the topic has room for. */
  mostValueBytes = Number.POSITIVE_INFINITY
  readonly source: WialonSource
  readonly #t: ExecutionContext

  constructor(t: ExecutionContext, settings: Partial<WialonSourceConfig> = {}, options: HarnessOptions = {}) {
    this.#t = t
    const env = this.told.env(options)
    this.budget = env.budget
    this.source = new WialonSource([this.feed(settings)], env)
    t.teardown(() => this.source.stop(0))
  }

  feed(settings: Partial<WialonSourceConfig> = {}): Feed<WialonSourceConfig> {
    const config = Value.Parse(
      wialonSourceSchema,
      Value.Default(wialonSourceSchema, { port: 0, ...settings })
    )
    const append: Append = async messages => {
      this.appends.push(messages.length)
      const bytes = messages.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
      this.pendingMessages += messages.length
      this.pendingBytes += bytes
      await this.gate()
      this.pendingMessages -= messages.length
      this.pendingBytes -= bytes
      if (messages.some(({ value }) => value.length > this.mostValueBytes))
        throw new FaultError('body_too_large', { detail: `at most ${this.mostValueBytes} bytes` })
      this.stored.push(...messages.map(({ value }) => JSON.parse(value.toString())))
    }
    const setAside = async (broken: readonly Broken[]) => {
      await this.gate()
      this.aside.push(...broken)
    }
    return { channel: 'fleet', config, append, setAside }
  }

  /** A sender at the listener that was opened last. */
  sender(): Promise<Sender> {
    return senderAt(this.#t, Number(this.told.lines('listener_opened').at(-1)?.port))
  }
}
