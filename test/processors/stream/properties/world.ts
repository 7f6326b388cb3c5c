// Carries out a plan: processes over one log in memory, in virtual time. After every moment at which anything happened,
// what must always hold is checked; once the plan is over, faults stop, and everything has to settle.

import type { AppendRecord, LogProducer } from '../../../../connectors/kafka/log/log.ts'
import { MemoryLog } from '../../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { messageOf } from '../../../../schemas/errors.ts'
import { Faults } from './deeds/faults.ts'
import { Resent } from './deeds/resent.ts'
import { judgeReceipts } from './judges/receipts.ts'
import { Ledger } from './ledger.ts'
import type { Answer, Deed, Plan, Sent } from './plan.ts'
import { group, numbersTopic, Process, receiptsTopic, topic } from './process.ts'

const maxProcesses = 4
/** Within which everything settles once faults have stopped: a dead member's session, the longest waits, and reserve. */
const settleLimitMs = 240_000
const stopLimitMs = 20_000

/** What is known after a run: `violations` tells what went wrong, first things first. */
export async function carryOut(plan: Plan): Promise<Ledger> {
  const world = new World(plan)
  await world.run()
  return world.ledger
}

class World {
  readonly ledger: Ledger
  readonly #plan: Plan
  readonly #clock: VirtualClock
  readonly #log: MemoryLog
  readonly #faults = new Faults()
  readonly #producer: LogProducer
  readonly #resent: Resent
  readonly #processes: Process[] = []
  #partitions: number
  #answers: Answer[]
  #isDone = false
  /** Devices that the target refuses. */
  readonly #refused = new Set<number>()

  constructor(plan: Plan) {
    this.#plan = plan
    this.#clock = new VirtualClock({ seed: plan.settings.seed })
    this.#log = new MemoryLog({ clock: this.#clock })
    this.#producer = this.#log.producer()
    this.ledger = new Ledger(plan.settings, this.#clock)
    this.#answers = [...plan.answers]
    this.#partitions = plan.settings.partitions
    this.#log.create(topic, this.#partitions)
    this.#resent = new Resent(this.#log, this.ledger)
  }

  async run(): Promise<void> {
    try {
      this.#schedule()
      await this.#until(() => this.#isDone, 3_600_000)
      this.#endFaults()
      await this.#until(() => this.ledger.isAllCommitted && this.#isNothingHeld, settleLimitMs)
      const running = this.#processes.filter(process => process.state === 'running')
      const stops = Promise.all(running.map(process => process.stop()))
      await this.#until(() => running.every(({ state }) => state === 'stopped'), stopLimitMs)
      await stops
      await this.#until(() => this.#clock.waiting === 0, settleLimitMs)
      if (this.#plan.settings.receipts) await judgeReceipts(this.#log.admin(), receiptsTopic, this.ledger)
    } catch (error) {
      this.ledger.wrong(messageOf(error))
    }
  }

  /** Moves time, and looks at everything after every moment, until something is wrong or `reached()`. */
  async #until(reached: () => boolean, limitMs: number): Promise<void> {
    const { violations } = this.ledger
    await this.#clock.until(() => {
      for (const process of this.#processes) process.check()
      return violations.length > 0 || reached()
    }, limitMs)
    if (violations.length > 0) throw new Error('stopped there')
  }

  #schedule(): void {
    let atMs = 0
    this.#start()
    for (const step of this.#plan.steps) {
      atMs += step.afterMs
      this.#clock.after(atMs, () => this.#do(step))
    }
    this.#clock.after(atMs, () => {
      this.#isDone = true
    })
  }

  #endFaults(): void {
    this.#faults.stop()
    this.#answers = []
    this.#refused.clear()
    for (const { freeze } of this.#processes) freeze.end()
    if (!this.#processes.some(({ state }) => state === 'running')) this.#start()
  }

  #do(deed: Deed): void {
    if (deed.do === 'send') this.#send(deed.messages)
    if (deed.do === 'start') this.#start()
    if (deed.do === 'stop') void this.#pick(deed.member, ['running'])?.stop()
    if (deed.do === 'kill') this.#kill(deed.member)
    if (deed.do === 'stall') this.#stall(deed.member, deed.forMs)
    if (deed.do === 'rejoin') this.#log.rejoin(group)
    if (deed.do === 'expire') this.#expire()
    if (deed.do === 'raise') this.#log.raisePartitions(topic, ++this.#partitions)
    if (deed.do === 'shut') this.#shut(deed.forMs, deed.rejoinMs)
    if (deed.do === 'compact') this.#log.compact(numbersTopic)
    if (deed.do === 'resend') void this.#resent.again()
    if (deed.do === 'failAdminCalls') this.#faults.failAdminCalls(deed.count)
    if (deed.do === 'failCommits') this.#faults.failCommits(deed.count, deed.when)
    if (deed.do === 'refuse') this.#refused.add(deed.device)
    if (deed.do === 'accept') this.#refused.delete(deed.device)
    if (deed.do === 'dieAt') this.#pick(deed.member, ['running'])?.dieAt(deed.point, deed.count)
    if (deed.do === 'failAppends') this.#faults.failAppends(deed.count, deed.when)
  }

  get #isNothingHeld(): boolean {
    return this.#processes.every(({ isAlive, stream }) => !isAlive || stream.status().held.devices === 0)
  }

  /** As one batch of records for each partition. */
  #send(messages: readonly Sent[]): void {
    const batches = new Map<number, AppendRecord[]>()
    for (const sent of messages) {
      const partition = sent.device % this.#partitions
      const { id } = this.ledger.append(partition, sent)
      const value = sent.nature === 'empty' ? null : Buffer.from(this.#valueOf(id, sent))
      const batch = batches.get(partition) ?? []
      batch.push({ key: Buffer.from(String(sent.device)), value, partition })
      batches.set(partition, batch)
    }
    for (const batch of batches.values()) void this.#producer.append(topic, batch)
  }

  #valueOf(id: string, { nature, bytes }: Sent): string {
    const isText = !this.#plan.settings.numbers || nature === 'text'
    return isText ? id.padEnd(bytes) : JSON.stringify({ id, pad: 'x'.repeat(bytes) })
  }

  #start(): void {
    if (this.#processes.filter(({ state }) => state === 'running').length >= maxProcesses) return
    const { latencyMs } = this.#plan.settings
    const process = new Process({
      died: () => this.ledger.excuseUncommitted(),
      clock: this.#clock,
      log: this.#log,
      ledger: this.ledger,
      faults: this.#faults,
      isRefused: device => this.#refused.has(device),
      nextAnswer: () => this.#answers.shift() ?? { kind: 'natural', latencyMs, heedsSignal: true }
    })
    this.#processes.push(process)
  }

  #kill(member: number): void {
    this.#pick(member, ['running', 'stopping'])?.kill()
    this.ledger.excuseUncommitted()
  }

  /** A process stops for so long that Kafka forgets it, and goes on. */
  #stall(member: number, forMs: number): void {
    const process = this.#pick(member, ['running'])
    if (process === undefined) return
    process.freeze.start()
    this.#clock.after(forMs, () => process.freeze.end())
    this.#expire()
  }

  /** A broker has died: what it leads takes nothing, and the group joins anew. */
  #shut(forMs: number, rejoinMs: number): void {
    this.#faults.shut()
    this.#clock.after(forMs, () => this.#faults.open())
    this.#clock.after(rejoinMs, () => this.#log.rejoin(group))
  }

  #expire(): void {
    this.#log.expireMembers(group)
    for (const process of this.#processes) process.doubt()
    this.ledger.excuseUncommitted()
  }

  #pick(member: number, states: readonly Process['state'][]): Process | undefined {
    const candidates = this.#processes.filter(({ state, freeze }) => states.includes(state) && !freeze.isOn)
    return candidates[member % Math.max(1, candidates.length)]
  }
}
