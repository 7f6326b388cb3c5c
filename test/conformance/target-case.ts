// What a behaviour of the target contract works with, and what holds in each of them: only confirmed messages count as
// delivered, a device stops at its first failure, no secret gets into any text, and once all is closed nothing is left.

import { getEventListeners, setMaxListeners } from 'node:events'
import { inspect } from 'node:util'
import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../connectors/clock.ts'
import type { Failure, Message, Outcome, Scope, Target, TargetEnv } from '../../connectors/connector.ts'
import { Mask } from '../../connectors/shared/mask.ts'
import { errors, FaultError } from '../../schemas/errors.ts'
import { tick, until } from '../flows/harness/until.ts'
import { batchFrom, messagesOf } from '../messages.ts'
import {
  byDevice,
  certificates,
  Fleet,
  findSecrets,
  idOf,
  patienceMs,
  rightCredential,
  within,
  wrongCredential
} from './fleet.ts'
import { openResources, TimerCount } from './resources.ts'
import type { Double, TargetUnderTest, Wish } from './target.ts'

type Failed = Exclude<Outcome, { kind: 'delivered' }>
const defaultScopes: Readonly<Record<Failed['kind'], Scope>> = {
  retry: 'destination',
  unsent: 'destination',
  unknown: 'destination',
  reject: 'message',
  halt: 'target'
}

export class TargetCase {
  readonly t: ExecutionContext
  readonly under: TargetUnderTest
  readonly #timers = new TimerCount()
  readonly #targets = new Set<Target>()
  readonly #doubles: Double[] = []
  /** Everything that a person could come to read. */
  readonly #texts: string[] = []
  /** Ledgers are looked through after every attempt; each entry is decoded once. */
  readonly #ids = new WeakMap<Buffer, string>()
  readonly #fleet = new Fleet()
  #offset = 0
  #haveDestinations = false

  private constructor(t: ExecutionContext, under: TargetUnderTest) {
    this.t = t
    this.under = under
  }

  /** Runs a behaviour, closes what it opened, and looks at what is left. */
  static async run(
    t: ExecutionContext,
    under: TargetUnderTest,
    behaviour: (context: TargetCase) => Promise<void>
  ): Promise<void> {
    const before = openResources()
    const context = new TargetCase(t, under)
    try {
      await behaviour(context)
    } finally {
      await Promise.all([...context.#targets].map(target => context.close(target)))
      await Promise.all(context.#doubles.map(double => double.stop()))
    }
    t.is(context.#timers.waiting, 0, 'a timer was left behind')
    await until('sockets and timers gone', () => openResources(before).length === 0, 3_000).catch(() =>
      t.deepEqual(openResources(before), [], 'something was left behind')
    )
    findSecrets(t, context.#texts)
  }

  has(ability: keyof TargetUnderTest['lacks']): boolean {
    return this.under.lacks[ability] === undefined
  }

  async double(options: { tls?: boolean } = {}): Promise<Double> {
    const tls = options.tls === true ? { tls: certificates } : {}
    const double = await this.under.start({ credential: rightCredential, ...tls })
    this.#doubles.push(double)
    return double
  }

  /** A target for a double, not yet opened; wishes replace what is right for it. */
  async target(double: Pick<Double, 'host' | 'port'>, wish: Partial<Wish> = {}): Promise<Target> {
    const right = { credential: rightCredential, tls: undefined, timeoutMs: 5_000 }
    const settings = this.under.settings({ host: double.host, port: double.port, ...right, ...wish })
    const { config, create } = this.under.definition
    const env: TargetEnv = {
      stream: 'conformance',
      clock: this.#timers.watch(systemClock),
      log: (name, fields) => void this.#texts.push(`${name} ${inspect(fields, { depth: 8 })}`),
      mask: new Mask([rightCredential, wrongCredential])
    }
    const target = await create(Value.Parse(config, Value.Default(config, settings)), env)
    this.#targets.add(target)
    this.#haveDestinations ||= target.destination !== undefined
    return target
  }

  /** A target that is open. */
  async opened(double: Pick<Double, 'host' | 'port'>, wish: Partial<Wish> = {}): Promise<Target> {
    const target = await this.target(double, wish)
    this.t.is(await this.open(target), null)
    return target
  }

  /** Null when it opened, otherwise the fault as the outcome that the engine makes of it. */
  async open(target: Target, signal = new AbortController().signal): Promise<Failure | null> {
    try {
      await within(target.open(signal), 'open()')
      return null
    } catch (error) {
      this.#texts.push(inspect(error, { depth: 8 }))
      if (!(error instanceof FaultError)) throw error
      // Codes of attempts count as unknown, but while it opens a target has not sent anything.
      const kind = signal.aborted ? 'unsent' : error.spec.outcome
      if (kind === undefined) throw new Error(`open() threw ${error.code}, which has no outcome`)
      return this.#checked({ kind, code: error.code, detail: error.detail ?? '' })
    } finally {
      this.#lets(signal, 'open()')
    }
  }

  /** What comes of trying: the fault of open(), or else the outcome of one message. */
  async attempt(double: Pick<Double, 'host' | 'port'>, wish: Partial<Wish> = {}): Promise<Outcome> {
    const target = await this.target(double, wish)
    return (await this.open(target)) ?? this.deliverOne(target)
  }

  async deliverOne(target: Target, signal?: AbortSignal): Promise<Outcome> {
    const [outcome] = await this.deliver(target, this.messages(1), signal)
    return outcome ?? this.t.fail('no outcome')
  }

  /** One attempt, as one outcome per message. */
  async deliver(
    target: Target,
    messages: readonly Message[],
    signal = new AbortController().signal
  ): Promise<Outcome[]> {
    const arrivedBefore = this.#doubles.map(double => double.received().length)
    const told = new Map<Message, Outcome>()
    const deliver = async (own: readonly Message[], destination: string) => {
      const result = await within(target.deliver(batchFrom(own, destination), signal), 'deliver()')
      const outcomes = Array.isArray(result) ? result : own.map(() => result)
      this.t.is(outcomes.length, own.length, 'outcomes as many as messages')
      for (const [at, outcome] of outcomes.entries()) told.set(own[at] ?? this.t.fail(), outcome)
    }
    const destinations = byDestination(target, messages)
    if (destinations.size > 1) setMaxListeners(0, signal) // the engine would have one signal for each
    await Promise.all([...destinations].map(([destination, own]) => deliver(own, destination)))
    const outcomes = messages.map(message => told.get(message) ?? this.t.fail())
    for (const outcome of outcomes) if (outcome.kind !== 'delivered') this.#checked(outcome)
    await this.#deliveredIsConfirmed(messages, outcomes)
    this.#devicesStop(messages, outcomes)
    const unsent = this.idsOf(messages.filter((_, at) => outcomes[at]?.kind === 'unsent'))
    const arrived = this.#doubles.flatMap((double, at) => double.received().slice(arrivedBefore[at]))
    const both = unsent.length === 0 ? [] : this.ids(arrived).filter(id => unsent.includes(id))
    this.t.deepEqual(both, [], 'reported as unsent, but it arrived')
    this.#lets(signal, 'deliver()')
    return outcomes
  }

  /** Tries until all are delivered, as the engine would. Every failure on the way must be one of the connection. */
  async persist(target: Target, messages: readonly Message[]): Promise<void> {
    const endMs = Date.now() + patienceMs
    for (let left = messages; left.length > 0; ) {
      const outcomes = await this.deliver(target, left)
      const kinds = outcomes.map(({ kind }) => kind).filter(kind => kind !== 'delivered')
      this.t.deepEqual(
        kinds.filter(kind => kind !== 'unsent' && kind !== 'unknown'),
        []
      )
      left = left.filter((_, at) => outcomes[at]?.kind !== 'delivered')
      if (Date.now() > endMs) throw new Error('it never recovered')
      if (kinds.length > 0) await tick(5)
    }
  }

  /** `count` new messages, each device's numbered on; the devices take turns. */
  messages(count: number, { devices = 1, note = '' } = {}): Message[] {
    const messages = this.#fleet.messages(count, { devices, note })
    const firstOffset = this.#offset
    this.#offset += count
    return messagesOf(
      messages.map(({ value }) => value),
      { keys: messages.map(({ ident }) => ident), firstOffset, timestampMs: 1_767_225_600_000 }
    )
  }

  /** What stands in a double's ledger, as `<ident>#<seq>`. */
  ids(ledger: readonly Buffer[]): string[] {
    const identify = this.under.identify ?? idOf
    return ledger.map(bytes => {
      const id = this.#ids.get(bytes) ?? identify(bytes)
      this.#ids.set(bytes, id)
      return id
    })
  }

  idsOf(messages: readonly Message[]): string[] {
    return messages.map(message => idOf(message.value()))
  }

  /** All of them have arrived, and nothing else: in their order, or per device where each has a way of its own. */
  arrivedInOrder(double: Double, target: Target, messages: readonly Message[]): void {
    const [arrived, sent] = [this.ids(double.received()), this.idsOf(messages)]
    const isOneWay = target.destination === undefined && this.under.mixesDevices !== true
    if (isOneWay) this.t.deepEqual(arrived, sent)
    else this.t.deepEqual(byDevice(arrived), byDevice(sent))
  }

  /** An outcome that is a failure of this kind and scope, with a hint for the person who has to mend it. */
  fails(
    outcome: Outcome | undefined,
    expected: { kind: Failed['kind']; scope?: Scope; helps?: true }
  ): Failed {
    if (outcome === undefined || outcome.kind === 'delivered') throw new Error('it was delivered')
    const told = inspect(outcome)
    this.t.is(outcome.kind, expected.kind, told)
    const scope = outcome.scope ?? defaultScopes[outcome.kind]
    const wanted = expected.scope ?? defaultScopes[expected.kind]
    // Where each device is a destination, the device is one, and the server behind all of them the target.
    const isAlike = this.#haveDestinations && wanted === 'destination' && scope !== 'message'
    if (!isAlike) this.t.is(scope, wanted, told)
    if (expected.helps === true) this.t.truthy(errors[outcome.code].hint, `${outcome.code} needs a hint`)
    return outcome
  }

  /** Waits for a state that a double or a connection must come to soon. */
  until(what: string, state: () => boolean): Promise<void> {
    return until(what, state, 5_000)
  }

  /** Closes a target before its case ends. */
  async close(target: Target): Promise<void> {
    this.#targets.delete(target)
    await within(target.close(), 'close()')
  }

  #checked<F extends Failed>(failure: F): F {
    this.#texts.push(inspect(failure))
    this.t.truthy(errors[failure.code], `${failure.code} is not in the closed list`)
    this.t.true((failure.retryAfterMs ?? 0) >= 0)
    this.t.notRegex(failure.detail, /\n/, 'a detail is one line')
    return failure
  }

  async #deliveredIsConfirmed(messages: readonly Message[], outcomes: readonly Outcome[]): Promise<void> {
    const delivered = this.idsOf(messages.filter((_, at) => outcomes[at]?.kind === 'delivered'))
    const missing = () => {
      const confirmed = new Set(this.#doubles.flatMap(double => this.ids(double.confirmed())))
      return delivered.filter(id => !confirmed.has(id))
    }
    const { lagMs = 0 } = this.under
    if (lagMs > 0) await until('', () => missing().length === 0, lagMs).catch(() => {})
    this.t.deepEqual(missing(), [], 'counted as delivered, but not confirmed (see lagMs)')
  }

  /** Invariant 2: after a device's first outcome other than delivered or reject, none of it is delivered. */
  #devicesStop(messages: readonly Message[], outcomes: readonly Outcome[]): void {
    const stopped = new Set<string | null>()
    messages.forEach((message, at) => {
      const { kind } = outcomes[at] ?? { kind: 'unknown' }
      if (kind === 'delivered') this.t.false(stopped.has(message.key()), 'delivered past a failure')
      else if (kind !== 'reject') stopped.add(message.key())
    })
  }

  #lets(signal: AbortSignal, what: string): void {
    this.t.is(getEventListeners(signal, 'abort').length, 0, `${what} went on listening to its signal`)
  }
}

/** A batch never mixes destinations, so each gets its own. */
function byDestination(target: Target, messages: readonly Message[]): Map<string, Message[]> {
  const destinations = new Map<string, Message[]>()
  for (const message of messages) {
    const name = target.destination?.(message) ?? ''
    const own = destinations.get(name) ?? []
    own.push(message)
    destinations.set(name, own)
  }
  return destinations
}
