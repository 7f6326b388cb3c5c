// The release: passes over what waits in a held partition. A pass reads from the oldest message that is wanted and offers
// to the target what fits: of a device that is due its oldest message only, which is its probe; of one that was taken
// what follows. What has waited too long, or was discarded, goes to the dead letters instead. A pass never waits for the
// target: it ends, and the next one goes on where it stopped once there is room.

import type { LogAdmin } from '../../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../../connectors/kafka/log/message.ts'
import type { LogRecord } from '../../../../connectors/kafka/log/record-chunk.ts'
import type { StreamContext } from '../../context.ts'
import type { Health } from '../../health/health.ts'
import { persist } from '../../health/persist.ts'
import type { HeldMessage } from '../held-record.ts'
import { deviceId, type WaitingDevice } from '../waiting-device.ts'
import type { WaitingSet } from '../waiting-set.ts'

/** Records that one pass reads at most, so that a device far behind does not keep the others from being probed. */
const recordsAtOnce = 10_000
/** Of a fetch for probes, which need one message of each device. */
const probeBytes = 16_384
/** What may be offered of one device. */
const deviceMessages = 1_000

export interface PassesPort {
  readonly origin: TopicPartition
  readonly admin: LogAdmin
  readonly health: Health
  readonly waiting: WaitingSet
  /** Bytes that may be offered of all devices. */
  roomBytes(): number
  /** Offers the message to the target, or sets it aside. */
  offer(device: WaitingDevice, held: HeldMessage, record: LogRecord): void
  /** What was offered can be sent. */
  offered(): void
}

export class Passes {
  readonly #context: StreamContext
  readonly #port: PassesPort
  readonly #closing = new AbortController()
  #isRunning = false

  constructor(context: StreamContext, port: PassesPort) {
    this.#context = context
    this.#port = port
  }

  /** Something may be wanted, or there may be room again. */
  wake(): void {
    if (this.#isRunning || this.#closing.signal.aborted || this.#wanted().length === 0) return
    void this.#run()
  }

  close(): void {
    this.#closing.abort()
  }

  async #run(): Promise<void> {
    const { origin, health } = this.#port
    const { signal } = this.#closing
    const name = `release ${origin.partition}`
    this.#isRunning = true
    for (let devices = this.#wanted(); devices.length > 0 && !signal.aborted; devices = this.#wanted())
      await persist(this.#context, health, { name, signal, attempt: () => this.#pass(devices) })
    this.#isRunning = false // in the same moment in which nothing was wanted, so that no wake() is missed
  }

  /** The devices of which something is wanted and may be offered. */
  #wanted(): WaitingDevice[] {
    const devices = [...this.#port.waiting.devices.values()]
    const offeredBytes = devices.reduce((sum, device) => sum + device.offeredBytes, 0)
    if (offeredBytes >= this.#port.roomBytes()) return []
    return devices.filter(
      device =>
        device.lane?.partition.isCaughtUp && device.wants && device.offered.length < deviceMessages / 2
    )
  }

  async #pass(devices: readonly WaitingDevice[]): Promise<void> {
    const { admin, origin, waiting } = this.#port
    const wanted = new Map(devices.map(device => [device.id, { device, readNext: device.readNext }]))
    const from = Math.min(...devices.map(({ readNext }) => readNext))
    const to = Math.min(waiting.next, from + recordsAtOnce)
    let roomBytes = this.#port.roomBytes()
    const isForProbes = devices.every(({ phase }) => phase === 'due')
    const range = { ...origin, from, to, ...(isForProbes && { maxFetchBytes: probeBytes }) }
    for await (const record of admin.read(range)) {
      if (this.#closing.signal.aborted || wanted.size === 0 || roomBytes <= 0) return this.#port.offered()
      const held = waiting.messageOf(record)
      const want = held === null ? undefined : wanted.get(deviceId(held.topic, record.key))
      if (held === null || want === undefined || record.offset < want.readNext) continue
      const { device } = want
      if (!device.wants || device.readNext !== want.readNext) {
        wanted.delete(device.id) // its probe is under way, or it was refused meanwhile, and is read from there anew
        continue
      }
      if (held.owner !== null && held.offset <= device.readOrigin) continue // a repeat
      const before = device.offeredBytes
      this.#port.offer(device, held, record)
      roomBytes -= device.offeredBytes - before
      want.readNext = device.readNext
      if (!device.wants || device.offered.length >= deviceMessages) wanted.delete(device.id)
    }
    for (const { device, readNext } of wanted.values())
      if (device.readNext === readNext) device.readNext = Math.max(readNext, to)
    this.#port.offered()
  }
}
