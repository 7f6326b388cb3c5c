// The one place where the state of a stream is decided and told: from the phase of its life, from what troubles it
// as a whole (its target, Kafka), and from its partitions. The gravest wins. What has halted of it by itself, a partition or the
// topic of a channel, shows in its state and keeps nothing else from going on: how the rest of it does is told beside.

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { WaitTeller } from '../../../connectors/wait-teller.ts'
import type { ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { type Partition, partitionKey } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import { Average } from './average.ts'
import {
  gravest,
  type PartitionState,
  reportTrouble,
  type StateKind,
  type StreamState,
  type Trouble
} from './state.ts'

type Phase = 'starting' | 'running' | 'paused' | 'draining' | 'stopped'

export class Health {
  readonly #context: StreamContext
  readonly #partitions: Iterable<Partition>
  readonly #delivery: () => PartitionState | null
  readonly #troubles = new Map<string, PartitionState>()
  /** Partitions of the held topic that have halted: as with those of channels, the rest of the stream goes on. */
  readonly #heldHalts = new Map<string, PartitionState>()
  #phase: Phase = 'starting'
  #state: StreamState
  #rest: StateKind = 'starting'
  readonly #waits: WaitTeller
  #isRecoveryOwed = false
  #halts = 0
  readonly #troubled: Average

  /** `delivery` tells what keeps the stream as a whole from delivering; null when nothing does. */
  constructor(
    context: StreamContext,
    partitions: Iterable<Partition>,
    delivery: () => PartitionState | null
  ) {
    this.#context = context
    this.#partitions = partitions
    this.#delivery = delivery
    this.#state = { kind: 'starting', sinceMs: context.clock.now() }
    this.#troubled = new Average(context.clock)
    this.#waits = new WaitTeller(context.clock, () => this.#tellTrouble('stream_waiting'))
  }

  get state(): StreamState {
    return this.#state
  }

  /** What the stream does as far as none of its partitions has halted. */
  get rest(): StateKind {
    return this.#rest
  }

  /** Its state, how often it has halted, and the part of the last minute in which something kept all of it from delivering. */
  get standing() {
    const [nowMs, troubled] = [this.#context.clock.now(), this.#troubled.mean]
    return { nowMs, state: this.#state, rest: this.#rest, halts: this.#halts, troubled }
  }

  enter(phase: Phase): void {
    this.#phase = phase
    this.refresh()
  }

  /** Notes what troubles the stream as a whole; `name` says which of its parts, and replaces that part's last. */
  trouble(name: string, kind: 'waiting' | 'halted', trouble: Trouble): void {
    this.#troubles.set(name, { kind, trouble })
    this.refresh()
  }

  /** Notes a fault that nobody here tries again: it is cleared by whoever told of it. */
  fault(name: string, fault: FaultError): void {
    const kind = fault.spec.outcome === 'halt' ? 'halted' : 'waiting'
    this.trouble(name, kind, troubleOf(fault, { untilMs: null, attempt: 1 }))
  }

  /** Notes that a partition has halted until it is assigned anew: a person must act. */
  halt(origin: TopicPartition, code: ErrorCode, detail: string): void {
    const key = partitionKey(origin)
    const trouble = { code, detail: `${key}: ${detail}`, untilMs: null, attempt: 1 }
    const partition = [...this.#partitions].find(one => partitionKey(one.origin) === key)
    if (partition === undefined) this.#heldHalts.set(key, { kind: 'halted', trouble })
    else partition.halt = trouble
    this.refresh()
  }

  clear(name: string): void {
    const was = [this.#troubles, this.#heldHalts].map(known => known.delete(name))
    if (was.includes(true)) this.refresh()
  }

  /** To be called after anything that a state depends on has changed. */
  refresh(): void {
    const rest = this.#derive(({ kind }) => kind === 'opening')
    this.#rest = rest.kind
    this.#troubled.note(rest.trouble === undefined ? 0 : 1)
    const next = this.#derive(({ kind }) => kind === 'opening' || kind === 'halted')
    const before = this.#state
    const troubleOf = (state: StreamState) => state.trouble?.code
    const isNew = next.kind !== before.kind || troubleOf(next) !== troubleOf(before)
    this.#state = isNew ? next : { ...next, sinceMs: before.sinceMs }
    if (!isNew) return
    this.#tell(before)
  }

  /** From what troubles the stream as a whole, and from those of its partitions' states that count. */
  #derive(counts: (state: PartitionState) => boolean): StreamState {
    const sinceMs = this.#context.clock.now()
    const isLeaving = this.#phase === 'draining' || this.#phase === 'stopped'
    if (isLeaving) return { kind: this.#phase, sinceMs }
    const states = [...[...this.#partitions].map(({ state }) => state), ...this.#heldHalts.values()].filter(
      counts
    )
    const worst = gravest([...this.#troubles.values(), this.#delivery() ?? { kind: 'running' }, ...states])
    if (worst.kind === 'waiting' || worst.kind === 'halted') return { ...worst, sinceMs }
    return { kind: worst.kind === 'running' ? this.#phase : worst.kind, sinceMs }
  }

  #tell(before: StreamState): void {
    this.#waits.cancel()
    const { kind, trouble } = this.#state
    if (trouble === undefined) this.#tellState(before)
    else if (kind === 'halted') this.#tellHalt(trouble.code)
    else this.#waits.tell()
  }

  #tellHalt(code: ErrorCode): void {
    this.#halts++
    this.#context.meter.halted(code)
    this.#tellTrouble('stream_halted')
  }

  #tellTrouble(event: 'stream_halted' | 'stream_waiting'): void {
    const { trouble } = this.#state
    if (trouble === undefined) return
    this.#isRecoveryOwed = true
    this.#context.log(event, { stream: this.#context.stream, ...reportTrouble(trouble) })
  }

  #tellState(before: StreamState): void {
    if (before.trouble !== undefined && !this.#isRecoveryOwed) return
    this.#isRecoveryOwed = false
    const { stream, log } = this.#context
    log('stream_state_changed', { stream, state: this.#state.kind, before: before.kind })
  }
}

/** A fault as a trouble; `untilMs` as in Trouble. */
export function troubleOf(fault: FaultError, about: { untilMs: number | null; attempt: number }): Trouble {
  const where = fault.path === undefined ? '' : `${fault.path}: `
  return { code: fault.code, detail: `${where}${fault.detail ?? fault.spec.sentence}`, ...about }
}
