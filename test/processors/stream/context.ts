// The collaborators of a stream's parts for unit tests: virtual time, a log and a meter that remember.

import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import type { StreamContext } from '../../../processors/stream/context.ts'
import type { StreamMeter } from '../../../processors/stream/meter.ts'
import { Tap } from '../../../processors/stream/tap.ts'

export class RecordingMeter implements StreamMeter {
  readonly calls: [string, ...unknown[]][] = []
  readonly totals: Record<string, number> = {}

  read(messages: number): void {
    this.#add('read', messages)
  }
  ended(end: string, messages: number): void {
    this.#add(end, messages)
  }
  attempted(attempt: { outcome: string; code: string | null }): void {
    this.calls.push(['attempted', attempt.outcome, attempt.code])
  }
  confirmed(): void {
    this.#add('confirmed', 1)
  }
  rateLimited(seconds: number): void {
    this.#add('rateLimited', seconds)
  }
  possibleDuplicates(messages: number): void {
    this.#add('possibleDuplicates', messages)
  }
  deadLettered(code: string, messages: number): void {
    this.#add(`dead letter ${code}`, messages)
  }
  committed(result: string): void {
    this.#add(`commit ${result}`, 1)
  }
  halted(code: string): void {
    this.#add(`halted ${code}`, 1)
  }
  rebalanced(): void {
    this.#add('rebalanced', 1)
  }
  gated(seconds: number): void {
    this.#add('gated', seconds)
  }
  imbalanced(): void {
    this.#add('imbalanced', 1)
  }
  keyMoved(): void {
    this.#add('keyMoved', 1)
  }

  #add(name: string, count: number): void {
    this.totals[name] = (this.totals[name] ?? 0) + count
  }
}

export interface TestContext extends StreamContext {
  readonly clock: VirtualClock
  readonly meter: RecordingMeter
  /** Names of the log events in order. */
  readonly logged: string[]
}

export function testContext(): TestContext {
  const logged: string[] = []
  const clock = new VirtualClock()
  return {
    stream: 'acme',
    clock,
    tap: new Tap(clock),
    trace: null,
    log: name => logged.push(name),
    meter: new RecordingMeter(),
    retry: { minDelayMs: 500, maxDelayMs: 30_000, haltedDelayMs: 60_000 },
    safetyStop: { rejected: 100, of: 1_000 },
    reached: () => {},
    logged
  }
}
