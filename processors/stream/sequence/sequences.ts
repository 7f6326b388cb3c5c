// The numbers of a stream: every message that is sent carries the next number of its device. Over all requests that a
// receiver ever gets a device has no gap and uses no number twice, and its numbers are in the order of sending:
//
//   1 a batch is about to be sent for the first time: nothing that is filtered, expired or held before has taken a number
//   2 each of its messages gets its number, and both are written down (acks=all) in the partition beside that of the channel
//   3 the attempt begins, with exactly these bytes; so does every later one, after a restart, from the held topic and
//     from the dead letters too
//
// A process may die between any two of these:
//   between 1 and 2   its append may be there or not: whoever opens the partition next reads it before anything is sent
//   between 2 and 3   the message is owed in its channel, or in the held topic: it is read again, and is sent as it was
//                     written down, whatever the steps would make of it now
//   after 3           the same, as after every crash
// Of two processes that both believe to have a partition one alone can write (sole-writer.ts).

import type { LogAdmin, LogConsumer, LogProducer } from '../../../connectors/kafka/log/log.ts'
import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'
import { ensureTopic, largestOf, wantedSequenceTopic } from '../../../connectors/kafka/topics.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { confirmOurs } from '../assignment/confirm.ts'
import type { OpenPosition } from '../assignment/opening.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { Pending } from '../dispatch/lane.ts'
import type { Rejection } from '../dispatch/outcome/verdict.ts'
import type { Health } from '../health/health.ts'
import type { Held } from '../held/held.ts'
import type { StreamOptions } from '../options.ts'
import { checkTopic, moved } from './moved.ts'
import type { SequenceOptions } from './port.ts'
import { SequencePartition } from './sequence-partition.ts'
import { numberBytes } from './set-number.ts'

interface Shared {
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly health: Health
  readonly partitions: Iterable<Partition>
}

export interface SequencesParts extends Shared {
  readonly held: Held
  readonly consumer: Pick<LogConsumer, 'commit'>
}

export interface SequencesPort extends Shared {
  readonly options: SequenceOptions
  readonly group: string
  /** The topic of the stream's one channel. */
  readonly origin: string
  /** Resolves once the group confirms that the partition is ours. */
  confirm(partition: Partition, position: OpenPosition): Promise<void>
  /** Does the message at that place wait in the held topic no more? */
  isReleased(partition: Partition, device: string, place: string): boolean
}

export class Sequences {
  /** What a number may add to a message. */
  readonly extraBytes: number
  readonly #context: StreamContext
  readonly #port: SequencesPort
  #ensured: Promise<number> | null = null

  constructor(context: StreamContext, port: SequencesPort) {
    this.#context = context
    this.#port = port
    this.extraBytes = numberBytes(port.options.field)
  }

  /** Resolves once it is known which numbers were given. Rejects with a FaultError while that cannot be known. */
  async prepare(partition: Partition, position: OpenPosition): Promise<void> {
    const partitions = await this.#ensure()
    if (partition.closed) return // Invariant 4
    const { partition: number, topic } = partition.origin
    if (number >= partitions) this.#ensured = null // the channel has got more
    if (number >= partitions) throw moved(`${topic} has more than ${partitions} partitions`)
    partition.sequence ??= this.#create(partition, { position, partitions })
    await partition.sequence.open(position)
  }

  /** Resolves once each of the messages has its number, cannot have one, which is told, or is no longer ours to send. */
  async number(messages: readonly Pending[]): Promise<readonly Rejection[]> {
    const parts = new Map<Partition, Pending[]>()
    for (const message of messages) {
      const { partition } = message.lane
      const part = parts.get(partition)
      if (part === undefined) parts.set(partition, [message])
      else part.push(message)
    }
    const refused = Array.from(parts, async ([{ sequence }, part]) => (await sequence?.assign(part)) ?? [])
    return (await Promise.all(refused)).flat()
  }

  #create(
    partition: Partition,
    { position, partitions }: { readonly position: OpenPosition; readonly partitions: number }
  ): SequencePartition {
    const { options, group, admin, producer, health } = this.#port
    return new SequencePartition(this.#context, partition, {
      ...{ options, group, partitions, admin, producer, health },
      confirm: () => this.#port.confirm(partition, position),
      isReleased: (device, place) => this.#port.isReleased(partition, device, place),
      admit: devices => this.#admit(partition, devices)
    })
  }

  /** Devices of which no number is known may have some elsewhere, if they lie here since the channel got more partitions. */
  async #admit({ origin }: Partition, devices: ReadonlySet<string>): Promise<void> {
    const { options } = this.#port
    let known = devices.size
    for (const { sequence } of this.#port.partitions) known += sequence?.devices ?? 0
    if (known > options.maxDevices)
      throw new FaultError('sequence_full', { detail: `maxDevices is ${options.maxDevices}` })
    const partitions = await this.#ensure()
    const isStray = (device: string) =>
      partitionOf(Buffer.from(device, 'latin1'), partitions) !== origin.partition
    const tell = (device: string) => `${JSON.stringify(device)} lies in ${origin.topic}/${origin.partition}`
    const misplaced = [...devices].find(isStray)
    const channel = misplaced === undefined ? null : await this.#port.admin.topic(origin.topic)
    if (misplaced !== undefined && channel?.partitions !== partitions) throw moved(tell(misplaced))
    const twice = [...devices].find(device => this.#isKnown(device))
    const stray = twice ?? (options.anyPartitioner ? undefined : misplaced)
    if (stray !== undefined) throw new FaultError('sequence_stray', { detail: tell(stray) })
  }

  #isKnown(device: string): boolean {
    return [...this.#port.partitions].some(({ sequence }) => sequence?.knows(device))
  }

  /** Resolves with the number of partitions. */
  #ensure(): Promise<number> {
    this.#ensured ??= this.#ensureTopic()
    return this.#ensured.catch(error => {
      this.#ensured = null
      throw error
    })
  }

  async #ensureTopic(): Promise<number> {
    const { admin, options, group, origin } = this.#port
    const channel = await admin.topic(origin)
    if (channel === null) throw new FaultError('topic_missing', { path: origin })
    const wanted = wantedSequenceTopic(options, channel.partitions)
    const found = await ensureTopic(
      admin,
      { ...wanted, maxMessageBytes: largestOf([channel]) },
      this.#context.log
    )
    checkTopic({ channel, found, startAt: options.startAt, commits: await admin.committed(group, [origin]) })
    return found.partitions
  }
}

/** Null for a stream whose messages get no numbers. */
export function sequencesOf(
  context: StreamContext,
  { sequence, group, topics }: Pick<StreamOptions, 'sequence' | 'group' | 'topics'>,
  { held, consumer, ...parts }: SequencesParts
): Sequences | null {
  const [origin] = topics // the configuration takes care that there is but one
  if (sequence === null || origin === undefined) return null
  return new Sequences(context, {
    ...{ ...parts, options: sequence, group, origin },
    confirm: (partition, position) => confirmOurs(consumer, partition, position),
    isReleased: (partition, device, place) => held.isReleased(partition.origin, device, place)
  })
}
