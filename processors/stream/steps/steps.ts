// The steps of one stream as its other parts see them. A stream without steps has this, too: then messages pass as they
// are, nothing is remembered, and no topic is kept.

import type { Failure } from '../../../connectors/connector.ts'
import type { RecordView } from '../../../connectors/kafka/log/message.ts'
import { withValue } from '../../../connectors/kafka/log/message.ts'
import type { Pipeline } from '../../steps/pipeline.ts'
import type { OpenPosition } from '../assignment/opening.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { WaitingDevice } from '../held/waiting-device.ts'
import { Silence, type SilenceOptions, type SilentDevices } from '../silence/silence.ts'
import { Checkpoints, type CheckpointsPort } from './checkpoints.ts'
import type { DeviceMemory } from './partition-memory.ts'
import { failureOf, Stage } from './stage.ts'

export interface StepsOptions {
  readonly pipeline: Pipeline
  /** Where what is remembered is kept. */
  readonly topic: string
  /** Devices of which something is remembered at most, over all partitions. */
  readonly maxDevices: number
  /** Null: nobody asks which devices are silent. */
  readonly silence: SilenceOptions | null
  /** Calls `changed` when attributes of devices have changed, until the returned function is called. */
  watchAttributes(changed: () => void): () => void
}

export interface StepsPort
  extends Omit<CheckpointsPort, 'topic' | 'steps' | 'hears' | 'partitions' | 'maxDevices'> {
  /** Null: there are no steps. */
  readonly options: StepsOptions | null
  /** Devices may wait in the held topic. */
  readonly holdsDevices: boolean
  partitions(): Iterable<Partition> & { readonly size: number }
  /** Devices that lacked an attribute may have got it: `lacks` says whether one still does. */
  attributesChanged(lacks: (device: string) => boolean): void
}

/** What becomes of a message that meets the steps after it has waited. */
export type Met = (
  | { readonly kind: 'pass'; readonly view: RecordView }
  | { readonly kind: 'ended'; readonly end: 'filtered' | 'expired' }
  | { readonly kind: 'refused' | 'lacking'; readonly failure: Failure }
) & {
  /** What was remembered of its device before; null where nothing was. */
  readonly before: DeviceMemory | null
}

export const pass = (view: RecordView): Met & { kind: 'pass' } => ({ kind: 'pass', view, before: null })

export class Steps {
  /** Null where there are no steps. */
  readonly stage: Stage | null
  readonly #checkpoints: Checkpoints | null
  readonly #silence: Silence | null
  readonly #unwatch: () => void

  constructor(context: StreamContext, { options, holdsDevices, ...port }: StepsPort) {
    const most = options?.maxDevices ?? 0
    const maxDevices = () => Math.ceil(most / Math.max(1, port.partitions().size))
    const { pipeline, silence = null, topic = '' } = options ?? {}
    const hears = silence !== null
    this.stage = pipeline ? new Stage(context, { pipeline, holdsDevices, hears, maxDevices }) : null
    this.#checkpoints =
      pipeline && (pipeline.remembers || hears)
        ? new Checkpoints(context, { ...port, maxDevices, topic, hears, steps: pipeline.steps })
        : null
    this.#silence = silence && new Silence(context, { ...port, options: silence, maxDevices: most })
    const lacks = (device: string) => options?.pipeline.missing(device, context.clock.now()) != null
    this.#unwatch = options?.watchAttributes(() => port.attributesChanged(lacks)) ?? (() => {})
  }

  /** Resolves once it is known what is remembered of the partition. Rejects with a FaultError while it cannot be. */
  async prepare(partition: Partition, position: OpenPosition): Promise<void> {
    await this.#checkpoints?.restore(partition, position)
  }

  /** Lets a message meet the steps that has waited as it came. */
  release(partition: Partition, view: RecordView, isResent: boolean): Met {
    if (this.stage === null) return pass(view)
    const { shaped, before } = this.stage.release(partition, view, isResent)
    if (shaped === 'same') return { ...pass(view), before }
    if (typeof shaped === 'string') return { kind: 'ended', end: shaped, before }
    if (shaped.kind === 'changed') return { ...pass(withValue(view, Buffer.from(shaped.text))), before }
    if (shaped.kind === 'lacking')
      return { kind: 'lacking', failure: this.stage.lackOf(shaped.attribute), before }
    return { kind: 'refused', failure: failureOf(shaped.detail), before }
  }

  /** Takes back what the steps remember since: messages that were released wait on, and will meet them again. */
  forgetSince(partition: Partition, before: DeviceMemory): void {
    partition.memory?.takeBack(before)
  }

  /** Resolves once what is remembered of a device is kept; null where nothing has to be. */
  keep({ lane, key }: WaitingDevice): Promise<void> | null {
    return lane === null ? null : (this.#checkpoints?.keep(lane.partition, key.toString()) ?? null)
  }

  /** The devices that are silent; null where nobody asks. */
  get silent(): SilentDevices | null {
    return this.#silence?.devices ?? null
  }

  /** Kafka has taken commits. */
  committed(): void {
    this.#checkpoints?.committed()
  }

  close(): void {
    this.#unwatch()
    this.#silence?.close()
    this.#checkpoints?.close()
  }
}
