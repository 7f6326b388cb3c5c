// A fleet whose messages can be told apart: every device counts its own messages in `custom.seq`, from 0 without a
// gap. In shape and size (about 367 bytes) they are like those of real trackers, and the same message has the same bytes
// whenever it is made, so that whoever gets one can tell whether it was altered.

export const deviceCount = 122

export interface FleetMessage {
  readonly device: string
  readonly seq: number
  readonly key: Buffer
  readonly value: Buffer
}

export class Fleet {
  readonly devices: readonly string[]
  /** How many messages each device has issued; the next one's number. */
  readonly #issued = new Map<string, number>()

  constructor(devices = deviceCount) {
    this.devices = Array.from(
      { length: devices },
      (_, index) => `8686474148${String(index).padStart(5, '0')}`
    )
  }

  get issued(): ReadonlyMap<string, number> {
    return this.#issued
  }

  next(device: string): FleetMessage {
    const seq = this.#issued.get(device) ?? 0
    this.#issued.set(device, seq + 1)
    return { device, seq, key: Buffer.from(device), value: Buffer.from(textOf(device, seq)) }
  }
}

/** When the first message of every device was measured, in Unix seconds. */
const beginS = 1_790_000_000

/** The message of a device that has the number `seq`: ASCII, flat, no braces inside. */
export function textOf(device: string, seq: number): string {
  return JSON.stringify({
    ident: device,
    timestamp: beginS + seq,
    'server.timestamp': beginS + seq,
    'custom.seq': seq,
    'channel.id': 1,
    'protocol.id': 1,
    peer: '203.0.113.7:35077',
    'position.longitude': 48.4937,
    'position.latitude': 53.21024,
    'position.altitude': 89.7,
    'position.speed': seq % 130,
    'position.direction': (seq * 7) % 360,
    'position.satellites': 16,
    'external.powersource.voltage': 28.525,
    'battery.voltage': 3.842
  })
}

/** The device and number of a message, from its parsed JSON. */
export function identify(message: unknown): { device: string; seq: number } {
  const { ident, 'custom.seq': seq } = message as { ident: string; 'custom.seq': number } // a Fleet made it
  return { device: ident, seq }
}
