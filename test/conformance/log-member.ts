// A consumer as the log contract sees it: it keeps what it was told, in order, and lets a test wait for a state.

import type { Assignment, Log, LogConsumer, LogConsumerHandlers } from '../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import type { Header, RecordChunk } from '../../connectors/kafka/log/record-chunk.ts'
import type { FaultError } from '../../schemas/errors.ts'

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Header[]
}

export interface MemberOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly birthMs?: number
  /** What the member does with added partitions; default: reads them from where they are. */
  open?(member: Member, added: readonly TopicPartition[]): void
  revoking?(member: Member): Promise<void>
}

export class Member {
  readonly consumer: LogConsumer
  readonly records: ReadRecord[] = []
  readonly assignments: Assignment[] = []
  readonly lostPositions: { partition: number; position: number }[] = []
  readonly faults: FaultError[] = []
  revocations = 0
  /** Handlers called so far. */
  calls = 0
  readonly #options: MemberOptions
  readonly #waits = new Set<() => void>()

  constructor(log: Log, options: MemberOptions) {
    this.#options = options
    this.consumer = log.consumer({
      group: options.group,
      topics: options.topics,
      birthMs: () => options.birthMs ?? 0,
      maxFetchBytes: () => 1_048_576
    })
  }

  /** Starts it, and resolves with itself once it has partitions. */
  async joined(): Promise<this> {
    await this.consumer.start(this.#handlers())
    await this.when(() => this.assignments.length > 0)
    return this
  }

  /** The partitions it has now. */
  get owned(): TopicPartition[] {
    const last = this.assignments.at(-1)
    return last === undefined ? [] : [...last.kept, ...last.added]
  }

  get values(): string[] {
    return this.records.map(record => String(record.value))
  }

  /** Resolves once `reached()` is true, which is looked at after every event. */
  when(reached: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = () => {
        if (!reached()) return
        this.#waits.delete(look)
        resolve()
      }
      this.#waits.add(look)
      look()
    })
  }

  #handlers(): LogConsumerHandlers {
    const open = this.#options.open ?? ((member, added) => member.consumer.resume(added))
    return {
      onAssigned: assignment => {
        this.assignments.push(assignment)
        open(this, assignment.added)
        this.#told()
      },
      onRevoking: async () => {
        this.revocations++
        this.#told()
        await this.#options.revoking?.(this)
      },
      onRecords: chunk => {
        this.#read(chunk)
        this.#told()
      },
      onPositionLost: ({ partition }, position) => {
        this.lostPositions.push({ partition, position })
        this.#told()
      },
      onFault: fault => {
        this.faults.push(fault)
        this.#told()
      },
      onRecovered() {}
    }
  }

  #read(chunk: RecordChunk): void {
    const { partition } = chunk.origin
    const copy = (start: number, end: number) =>
      end < start ? null : Buffer.from(chunk.bytes.subarray(start, end))
    while (chunk.next()) {
      this.records.push({
        partition,
        offset: chunk.offset,
        timestampMs: chunk.timestampMs,
        key: copy(chunk.keyStart, chunk.keyEnd),
        value: copy(chunk.valueStart, chunk.valueEnd),
        headers: chunk.headers()
      })
    }
  }

  #told(): void {
    this.calls++
    for (const look of this.#waits) look()
  }
}
