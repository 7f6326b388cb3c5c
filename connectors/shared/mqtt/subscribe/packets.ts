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

/** The first byte of a PUBACK and of a PUBREC, which say that a message with QoS 1 or 2 was taken (MQTT 5, 2.1.2). */
const firstBytes = { 1: 0x40, 2: 0x50 } as const

export interface Acknowledged {
  readonly qos: 0 | 1 | 2
  readonly messageId: number | undefined
}

/**
 * Says yes to these, in their order, which looks alike in both versions (MQTT 5, 3.4 and 3.5: a reason code of 0 may be
 * left out). QoS 0 wants no answer.
 */
export function acknowledgementBytes(messages: readonly Acknowledged[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * messages.length)
  let end = 0
  for (const { messageId, qos } of messages) {
    if (qos === 0 || messageId === undefined) continue
    bytes.writeUInt16BE((firstBytes[qos] << 8) + 2, end)
    end = bytes.writeUInt16BE(messageId, end + 2)
  }
  return bytes.subarray(0, end)
}
