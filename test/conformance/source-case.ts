// What a behaviour of the source contract works with, and what holds in each of them: nothing is acknowledged that was
// not appended before (Invariant 6), keys and values are as they must be, no more is held than the budget allows
// (Invariant 5), no secret gets into any text, and once all is stopped nothing is left.

import { inspect } from 'node:util'
import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../connectors/clock.ts'
import type { Feed, ListenAddress, Source, SourceEnv } from '../../connectors/connector.ts'
import { ByteBudget } from '../../connectors/shared/byte-budget.ts'
import { type ErrorCode, FaultError } from '../../schemas/errors.ts'
import { tick, until } from '../flows/harness/until.ts'
import { Fleet, findSecrets, idOf, patienceMs, rightCredential, within } from './fleet.ts'
import { openResources, TimerCount } from './resources.ts'
import { Store } from './source/store.ts'
import type { Outside, Sender, SourceAbility, SourceUnderTest, SourceWish } from './source.ts'

export const channel = 'fleet'
const repeatMs = 5

/** How a source is to be started. */
export interface StartOptions {
  readonly channels?: readonly string[]
  readonly wish?: Partial<SourceWish>
  /** Of the budget. */
  readonly maxBytes?: number
}

export class SourceCase {
  readonly t: ExecutionContext
  readonly under: SourceUnderTest
  readonly store: Store
  /** What was acknowledged, in order. */
  readonly acknowledged: string[] = []
  /** What was counted as refused: the channel and the code of each. */
  readonly refused: [string, ErrorCode][] = []
  readonly #fleet = new Fleet()
  readonly #timers = new TimerCount()
  readonly #sources = new Set<Source>()
  readonly #senders: Sender[] = []
  /** Ports as they were told: by channel, or for all. */
  readonly #ports = new Map<string | undefined, number>()
  /** Everything that a person could come to read. */
  readonly #texts: string[] = []
  readonly #early: string[] = []
  #outside: Outside | null = null

  private constructor(t: ExecutionContext, under: SourceUnderTest) {
    this.t = t
    this.under = under
    this.store = new Store(under.identify ?? idOf)
  }

  /** Runs a behaviour, stops what it started, and looks at what is left. */
  static async run(
    t: ExecutionContext,
    under: SourceUnderTest,
    behaviour: (context: SourceCase) => Promise<void>
  ): Promise<void> {
    const before = openResources()
    const context = new SourceCase(t, under)
    try {
      context.#outside = await under.open({
        credential: rightCredential,
        acknowledged: message => context.#note(message),
        heard: text => void context.#texts.push(text)
      })
      await behaviour(context)
    } finally {
      await context.#end()
    }
    t.is(context.#timers.waiting, 0, 'a timer was left behind')
    await until('sockets and timers gone', () => openResources(before).length === 0, 3_000).catch(() =>
      t.deepEqual(openResources(before), [], 'something was left behind')
    )
    t.deepEqual(context.#early, [], 'acknowledged before it was appended')
    t.deepEqual(context.store.problems, [])
    findSecrets(t, [...context.#texts, ...context.store.aside])
  }

  has(ability: SourceAbility): boolean {
    return this.under.lacks[ability] === undefined
  }

  /** Whether something with this word was told. */
  told(word: string): boolean {
    return this.#texts.some(text => text.includes(word))
  }

  /** Bad things that were counted or set aside. */
  get counted(): number {
    return this.refused.length + this.store.aside.length
  }

  get outside(): Outside {
    if (this.#outside === null) throw new Error('it is not open')
    return this.#outside
  }

  /** A source for these channels, not yet started. */
  async source({ channels = [channel], wish = {}, maxBytes = 16 << 20 }: StartOptions = {}): Promise<Source> {
    const clock = this.#timers.watch(systemClock)
    const env: SourceEnv = {
      clock,
      log: (name, fields) => this.#hear(name, fields),
      meter: {
        accepted: () => {},
        refused: (...refused) => void this.refused.push(refused)
      },
      budget: new ByteBudget(maxBytes, clock),
      listen: this.listen(wish.port)
    }
    const source = await this.under.definition.create(this.feeds(channels, wish), env)
    this.#sources.add(source)
    return source
  }

  /** One that is started. */
  async started(options: StartOptions = {}): Promise<Source> {
    const source = await this.source(options)
    await within(source.start(), 'start()')
    return source
  }

  /** What start() rejects with; null when it starts. */
  async startFault(source: Source): Promise<FaultError | null> {
    try {
      await within(source.start(), 'start()')
      return null
    } catch (error) {
      this.#texts.push(inspect(error, { depth: 8 }))
      if (!(error instanceof FaultError)) throw error
      return error
    }
  }

  feeds(channels: readonly string[], wish: Partial<SourceWish> = {}): Feed<unknown>[] {
    const { config } = this.under.definition
    return channels.map(name => {
      const settings = this.outside.settings({ channel: name, credential: rightCredential, port: 0, ...wish })
      return {
        channel: name,
        config: Value.Parse(config, Value.Default(config, settings)),
        append: this.store.appendTo(name),
        setAside: this.store.setAside()
      }
    })
  }

  listen(port = 0): ListenAddress {
    return { host: '127.0.0.1', port, ...this.under.listen }
  }

  async update(source: Source, channels: readonly string[]): Promise<void> {
    await within(source.update(this.feeds(channels), this.listen()), 'update()')
  }

  /** Stops a source before its case ends. */
  async stop(source: Source, deadlineMs = 5_000): Promise<void> {
    this.#sources.delete(source)
    await within(source.stop(deadlineMs), 'stop()')
  }

  /** Somebody who sends to the channel. */
  sender(to = channel): Sender {
    const port = () => this.#ports.get(to) ?? this.#ports.get(undefined) ?? 0
    const sender = this.outside.sender({ channel: to, port })
    this.#senders.push(sender)
    return impatient(sender)
  }

  /** `count` new messages, each device's numbered on; the devices take turns. */
  messages(count: number, options: { devices?: number; note?: string } = {}): Buffer[] {
    return this.#fleet.messages(count, options).map(({ value }) => Buffer.from(value))
  }

  /** The next message of a device. */
  message(ident: string, note = ''): Buffer {
    return Buffer.from(this.#fleet.message(ident, note).value)
  }

  /** As senders call them, whatever is stored of them. */
  idsOf(messages: readonly Buffer[]): string[] {
    return messages.map(idOf)
  }

  /** Sends, and all of it must be acknowledged at once. */
  async send(sender: Sender, messages: readonly Buffer[]): Promise<void> {
    const results = await sender.send(messages)
    this.t.deepEqual(new Set(results), new Set(['acknowledged']))
  }

  /** Sends until all is acknowledged, as a sender does that loses nothing. None may be refused for good. */
  async persist(sender: Sender, messages: readonly Buffer[]): Promise<void> {
    const endMs = Date.now() + patienceMs
    for (let left = messages; left.length > 0; ) {
      const results = await sender.send(left)
      this.t.false(results.includes('refused'), 'refused for good, though it is not to blame')
      left = left.filter((_, at) => results[at] !== 'acknowledged')
      if (Date.now() > endMs) throw new Error(`${left.length} messages were never acknowledged`)
      if (left.length > 0) await tick(repeatMs)
    }
  }

  /** Waits for a state that must come soon. */
  until(what: string, state: () => boolean): Promise<void> {
    return until(what, state, 10_000)
  }

  /** Time for what must not happen to happen: sockets are read many times over. */
  async turns(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  }

  #note(message: Buffer): void {
    const id = idOf(message)
    this.acknowledged.push(id)
    if (!this.store.ids.has(id)) this.#early.push(id)
  }

  #hear(name: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#texts.push(`${name} ${inspect(fields, { depth: 8 })}`)
    if (name !== 'listener_opened') return
    const of = typeof fields.channel === 'string' ? fields.channel : undefined
    this.#ports.set(of, Number(fields.port))
  }

  async #end(): Promise<void> {
    this.store.recover()
    this.store.release()
    await Promise.all(this.#senders.map(sender => sender.close()))
    await Promise.all([...this.#sources].map(source => this.stop(source, 0)))
    await this.#outside?.close()
  }
}

/** The same, with an end to waiting. */
function impatient(sender: Sender): Sender {
  return {
    send: (messages, how) => within(sender.send(messages, how), 'send()'),
    sendBad: bad => within(sender.sendBad(bad), 'sendBad()'),
    cut: () => sender.cut(),
    close: () => sender.close(),
    get takenBytes() {
      return sender.takenBytes
    }
  }
}
