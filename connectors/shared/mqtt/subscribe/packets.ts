// The packets of a subscriber as bytes and back, over the parser of the mqtt-packet package.

import mqttPacket, { type Packet } from 'mqtt-packet'
import { FaultError, messageOf } from '../../../../schemas/errors.ts'

/** Reads whole packets of one protocol version. */
export class PacketReader {
  readonly #parser: mqttPacket.Parser
  #read: Packet | null = null
  #error: unknown = null

  constructor(protocolVersion: 4 | 5) {
    this.#parser = mqttPacket.parser({ protocolVersion })
    this.#parser.on('packet', packet => {
      this.#read = packet
    })
    this.#parser.on('error', error => {
      this.#error = error
    })
  }

  /** The packet of these bytes, which must be one. Throws `mqtt_answer_malformed`. */
  read(bytes: Buffer): Packet {
    this.#read = null
    this.#error = null
    try {
      this.#parser.parse(bytes)
    } catch (error) {
      this.#error = error // the package reads beyond the end of packets that are too short
    }
    if (this.#read !== null && this.#error === null) return this.#read
    const detail = this.#error === null ? 'a packet is too short' : messageOf(this.#error)
    throw new FaultError('mqtt_answer_malformed', { detail })
  }
}

export function packetBytes(packet: Packet, protocolVersion: 4 | 5): Buffer {
  return mqttPacket.generate(packet, { protocolVersion })
}

/** PUBACKs that say yes, which are alike in both versions (MQTT 5, 3.4: a reason code of 0 may be left out). */
export function pubackBytes(messageIds: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * messageIds.length)
  for (const [at, messageId] of messageIds.entries()) {
    bytes.writeUInt16BE(0x4002, 4 * at)
    bytes.writeUInt16BE(messageId, 4 * at + 2)
  }
  return bytes
}
