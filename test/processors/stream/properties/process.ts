// One member of the group as a process of its own: a stream whose clock and whose ways to Kafka end when the process is
// killed, and fail when the plan says so. What a dead process had asked for may still be done; it hears of nothing.

import { type Clock, pauseFor } from '../../../../connectors/clock.ts'
import type {
  AppendRecord,
  CommitEntry,
  LogAdmin,
  LogConsumer,
  LogConsumerHandlers,
  LogProducer
} from '../../../../connectors/kafka/log/log.ts'
import type { MemoryLog } from '../../../../connectors/kafka/log/memory/log.ts'
import type { TopicPartition } from '../../../../connectors/kafka/log/message.ts'
import type { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import type { Partition } from '../../../../processors/stream/assignment/partition.ts'
import { overheadBytes } from '../../../../processors/stream/dispatch/lane.ts'
import type { FaultPoint } from '../../../../processors/stream/held/fault-points.ts'
import { Stream } from '../../../../processors/stream/stream.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { RecordingMeter } from '../context.ts'
import type { Faults } from './deeds/faults.ts'
import { Freeze } from './deeds/freeze.ts'
import type { Ledger } from './ledger.ts'
import type { Answer, Settings } from './plan.ts'
import { OracleTarget } from './target.ts'

export const group = 'tailrace.acme'
export const topic = 'fleet'
export const deadLetterTopic = 'tailrace.acme.dead-letters'
export const heldTopic = 'tailrace.acme.held'
export const receiptsTopic = 'tailrace.acme.receipts'
export const numbersTopic = 'tailrace.acme.sequences'
export const attemptTimeoutMs = 2_000
/** When Kafka notices that a member is dead. */
const sessionTimeoutMs = 8_000
const drainDeadlineMs = 5_000
/** After it stood still, a process hears so much later that it was forgotten. */
const lateMs = 400

/** What all processes have in common. */
export interface Surroundings {
  readonly clock: VirtualClock
  readonly log: MemoryLog
  readonly ledger: Ledger
  readonly faults: Faults
  nextAnswer(): Answer
  /** Does the target refuse the device? */
  isRefused(device: number): boolean
  /** A process died by itself. */
  died(): void
}

export class Process {
  state: 'running' | 'stopping' | 'stopped' | 'dead' = 'running'
  readonly freeze: Freeze
  readonly stream: Stream
  readonly meter = new RecordingMeter()
  /** Timers that have not run. */
  readonly timers = new Set<() => void>()
  readonly #target: OracleTarget
  readonly #around: Surroundings
  /** What a partition may have pending, by the least number of partitions it was seen with. */
  readonly #boundBytes = new WeakMap<Partition, number>()
  /** Kafka has forgotten it, and it has not joined anew. */
  #isDoubtful = false
  /** How often it began with nothing. */
  #lives = 0
  #consumer: LogConsumer | null = null
  /** Kafka took nothing when its stop began. */
  #wasShut = false
  #death: { readonly point: FaultPoint; left: number } | null = null
  #noticeDeath: () => void = () => {}
  readonly #deathNoticed = new Promise<void>(resolve => {
    this.#noticeDeath = resolve
  })

  constructor(around: Surroundings) {
    this.#around = around
    this.freeze = new Freeze(around.clock)
    const { log, clock, ledger, faults, nextAnswer, isRefused } = around
    this.#target = new OracleTarget({
      clock,
      ledger,
      nextAnswer,
      isRefused,
      isAlive: () => this.isAlive,
      isDoubtful: () => this.#isDoubtful || !this.isAlive,
      lives: () => this.#lives,
      isFaulty: () => faults.areOn
    })
    this.stream = new Stream(optionsOf(ledger.settings), {
      clock: this.#clock(),
      log: name => {
        if (name === 'stream_stuck' || name === 'accounts_imbalanced') ledger.wrong(name)
      },
      meter: this.meter,
      reached: point => this.#reached(point),
      admin: this.#admin(log.admin()),
      target: this.#target,
      producer: this.#producer(log.producer()),
      consumer: options => this.#cut(log.consumer(options))
    })
    void this.stream.start()
  }

  get isAlive(): boolean {
    return this.state !== 'dead'
  }

  async stop(): Promise<void> {
    this.state = 'stopping'
    this.#wasShut = this.#around.faults.isShut
    await this.stream.stop(drainDeadlineMs)
    this.state = 'stopped'
    if (this.timers.size > 0) this.#around.ledger.wrong(`${this.timers.size} timers are left after a stop`)
    if (!this.#target.isClosed) this.#around.ledger.wrong('the target is open after a stop')
  }

  /** It just is no more. */
  kill(): void {
    this.state = 'dead'
    for (const cancel of this.timers) cancel()
    this.#around.clock.after(sessionTimeoutMs, () => {
      this.#noticeDeath()
      void this.#consumer?.stop()
    })
  }

  /** It dies when it has reached `point` so many times. */
  dieAt(point: FaultPoint, count: number): void {
    this.#death = { point, left: count }
  }

  #reached(point: FaultPoint): void {
    if (!this.isAlive || this.#death?.point !== point || --this.#death.left > 0) return
    if (!this.#around.faults.areOn) return
    this.kill()
    this.#around.died()
  }

  /** Kafka forgets it. */
  doubt(): void {
    this.#isDoubtful = true
  }

  /** What must hold at every moment. */
  check(): void {
    if (!this.isAlive) return
    const { ledger } = this.#around
    const { pending, accounts } = this.stream.status()
    const { read, ...ends } = accounts
    const owed = Object.values(ends).reduce((left, count) => left - count, read)
    if (owed !== pending) ledger.wrong(`${owed} messages are owed, ${pending} pending`)
    const { windowBytes } = ledger.settings
    for (const partition of this.stream.partitions) {
      // One message may be on top: its value, its key, and what it costs beside; and a quarter of what is held, likewise.
      const oneBytes = overheadBytes + 140
      const shareBytes = windowBytes / this.stream.partitions.size
      const nowBytes = shareBytes + oneBytes + (ledger.holds ? shareBytes / 4 + oneBytes : 0)
      const boundBytes = Math.max(this.#boundBytes.get(partition) ?? 0, nowBytes)
      this.#boundBytes.set(partition, boundBytes)
      if (partition.bytes > boundBytes || partition.bytes < 0)
        ledger.wrong(`${partition.bytes} bytes are pending, ${boundBytes} allowed`)
    }
  }

  #clock(): Clock {
    const { clock } = this.#around
    return {
      now: () => clock.now(),
      random: () => clock.random(),
      after: (delayMs, fn) => {
        const cancel = () => {
          this.timers.delete(cancel)
          stop()
        }
        const stop = clock.after(delayMs, () => {
          this.freeze.run(() => {
            // It may have been cancelled while the process stood still.
            if (this.timers.delete(cancel) && this.isAlive) fn()
          })
        })
        this.timers.add(cancel)
        return cancel
      }
    }
  }

  /** The result reaches only who is alive. */
  #heard<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      result.then(
        value => this.freeze.run(() => this.isAlive && resolve(value)),
        error => this.freeze.run(() => this.isAlive && reject(error))
      )
    })
  }

  #admin(inner: LogAdmin): LogAdmin {
    const { faults } = this.#around
    const call = <T>(run: () => Promise<T>) => this.#heard(faults.adminCall(run))
    return {
      topic: name => call(() => inner.topic(name)),
      raisePartitions: (name, partitions) => call(() => inner.raisePartitions(name, partitions)),
      createTopic: spec => call(() => inner.createTopic(spec)),
      brokers: () => call(() => inner.brokers()),
      ranges: name => call(() => inner.ranges(name)),
      rangesWithLeader: name => call(() => inner.rangesWithLeader(name)),
      offsetsAt: (name, timeMs) => call(() => inner.offsetsAt(name, timeMs)),
      committed: (name, topics) => call(() => inner.committed(name, topics)),
      members: name => call(() => inner.members(name)),
      moveOffsets: (name, entries) => call(() => inner.moveOffsets(name, entries)),
      read: range => inner.read(range),
      close: () => inner.close()
    }
  }

  #producer(inner: LogProducer): LogProducer {
    const { faults, ledger } = this.#around
    return {
      append: (name, records) =>
        this.#heard(
          faults.append(async () => {
            await inner.append(name, records)
            for (const record of records) {
              const counts = name !== heldTopic || ledger.held(record)
              if (name !== heldTopic) ledger.died(idOf(record.value))
              if (counts && record.value !== null) ledger.numbers.kept(idOf(record.value), numberIn(record))
            }
          })
        ),
      appendOnce: (place, records) => this.#heard(this.#appendOnce(inner, place, records)),
      close: deadlineMs => inner.close(deadlineMs)
    }
  }

  /** It takes its time, and a process that stands still may have it under way, or be about to. */
  async #appendOnce(
    inner: LogProducer,
    place: TopicPartition,
    records: readonly AppendRecord[]
  ): Promise<number> {
    const { clock, faults } = this.#around
    await pauseFor(clock, clock.random() * 30)
    if (clock.random() < 0.5) await this.freeze.over()
    let at = 0
    await faults.append(async () => {
      at = await inner.appendOnce(place, records)
    })
    return at
  }

  #cut(inner: LogConsumer): LogConsumer {
    this.#consumer = inner
    return {
      start: handlers => inner.start(this.#handlers(handlers)),
      pause: origins => this.isAlive && inner.pause(origins),
      resume: origins => this.isAlive && inner.resume(origins),
      seek: (origin, offset) => this.isAlive && inner.seek(origin, offset),
      commit: entries => this.#heard(this.#commit(inner, entries)),
      rebuild: () => inner.rebuild(),
      stop: () => {
        this.#handedBack(this.#wasShut)
        return inner.stop()
      }
    }
  }

  /** No longer than the others may wait for it: what has no receipt, or no marker, by then is sent again by whoever comes next. */
  #handedBack(wasShut: boolean): void {
    const { faults, ledger } = this.#around
    if (wasShut || faults.isShut) ledger.excuseUncommitted()
  }

  async #commit(inner: LogConsumer, entries: readonly CommitEntry[]): Promise<void> {
    const { faults, ledger } = this.#around
    if (!this.isAlive) return
    const ofChannel = entries.filter(entry => entry.topic === topic)
    for (const entry of ofChannel) ledger.checkCommit(entry)
    const store = async () => {
      await inner.commit(entries)
      for (const entry of ofChannel) ledger.committed(entry)
    }
    await faults.commit(store).catch(error => {
      // Somebody else may get the partition with what is not committed.
      if (!(error instanceof FaultError) || error.code !== 'commit_refused') ledger.excuseUncommitted()
      throw error
    })
  }

  #handlers(inner: LogConsumerHandlers): LogConsumerHandlers {
    return {
      onAssigned: assignment =>
        this.freeze.run(() => {
          if (!this.isAlive) return
          if (assignment.kept.length === 0) {
            this.#isDoubtful = false
            this.#lives++
          }
          inner.onAssigned(assignment)
        }),
      onRevoking: async deadlineMs => {
        // A process that goes on hears of what happened some time later only.
        if (this.freeze.isOn) await this.freeze.over().then(() => pauseFor(this.#around.clock, lateMs))
        const { isShut } = this.#around.faults
        const drained = this.isAlive ? inner.onRevoking(deadlineMs) : this.#deathNoticed
        await Promise.race([drained, this.#deathNoticed])
        this.#handedBack(isShut)
      },
      onRecords: chunk => this.freeze.run(() => this.isAlive && inner.onRecords(chunk)),
      onPositionLost: (origin, position) => {
        this.#around.ledger.wrong(`position ${position} of ${origin.topic}/${origin.partition} is lost`)
        inner.onPositionLost(origin, position)
      },
      onFault: fault => this.isAlive && inner.onFault(fault),
      onRecovered: () => this.isAlive && inner.onRecovered()
    }
  }
}

/** A value is its message's id and padding. */
function idOf(value: Buffer | null): string {
  const text = value?.toString() ?? ''
  return text.startsWith('{') ? String(JSON.parse(text).id) : text.trimEnd()
}

function numberIn({ headers = {} }: AppendRecord): string | undefined {
  return headers['tailrace.sequence']?.toString()
}

function optionsOf(settings: Settings) {
  const { order, holds, concurrency, isAdaptive, ttlMs, maxAttempts, maxSpan, windowBytes } = settings
  const { numbers, receipts, onePerDevice } = settings
  return {
    name: 'acme',
    group,
    topics: [topic],
    birthMs: 0,
    attemptTimeoutMs,
    deadLetters: { name: deadLetterTopic, partitions: 1, retentionHours: 1 },
    ...{ order, concurrency, ttlMs, maxSpan },
    adaptiveConcurrency: isAdaptive,
    rateLimit: {},
    onePerDevice,
    receipts: receipts ? { topic: receiptsTopic, retentionHours: 1 } : null,
    ...{ isWanted: null, steps: null, ledger: null },
    sequence: numbers
      ? { field: 'seq', startAt: 1, topic: numbersTopic, anyPartitioner: true, maxDevices: 1_000 }
      : null,
    paused: false,
    held: {
      topic: heldTopic,
      holdsDevices: holds && order === 'device',
      maxDelayMs: 3_000,
      maxMs: 86_400_000
    },
    safetyStop: { rejected: 100, of: 1_000 },
    retry: {
      ...{ minDelayMs: 100, maxDelayMs: 2_000, haltedDelayMs: 3_000 },
      ...(maxAttempts !== null && { maxAttempts })
    },
    budget: { windowBytes, maxFetchBytes: 100_000 }
  }
}
