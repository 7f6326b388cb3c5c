// A PUBLISH as it comes from a broker (MQTT 5, 3.3), behind the fixed header, whose lowest bits are RETAIN, two of QoS, DUP:
//
//   2 bytes    length of the topic
//   ...        topic, UTF-8
//   2 bytes    packet identifier, with QoS 1 and 2
//   1-4 bytes  length of the properties, seven bits in each byte (MQTT 5 only)
//   ...        properties
//   ...        payload: the rest
//
// Read here, as the parser of the package refuses a whole packet for one property, and a packet that is not acknowledged
// comes again with every connection. The properties are skipped whatever they are, and what is wrong behind the packet
// identifier is told, to be set aside.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Frame } from './frames.ts'

export interface Publish {
  readonly topic: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** Undefined with QoS 0. */
  readonly messageId: number | undefined
  /** What is behind the packet identifier, where that cannot be taken apart. */
  readonly payload: Buffer
  /** Why it cannot be a message, whatever its payload is. */
  readonly problem: string | null
}

/** Throws `mqtt_answer_malformed` for one that nobody could acknowledge. */
export function readPublish({ bytes, cutFrom }: Frame, protocolVersion: 4 | 5): Publish {
  const flags = bytes[0] ?? 0
  const qos = (flags >> 1) & 3
  if (qos === 3) throw malformed('a PUBLISH with QoS 3')
  const at = endOfNumber(bytes, 1) ?? bytes.length
  const topicEnd = at + 2 + (at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0)
  const start = qos === 0 ? topicEnd : topicEnd + 2
  if (at + 2 > bytes.length || start > bytes.length) throw malformed('a PUBLISH that ends in its topic')
  const topic = bytes.toString('utf8', at + 2, topicEnd)
  const bodyStart = protocolVersion === 5 ? endOfProperties(bytes, start) : start
  const isCut = cutFrom !== null
  return {
    topic,
    qos: qos === 2 ? 2 : qos === 1 ? 1 : 0,
    retain: (flags & 1) === 1,
    messageId: qos === 0 ? undefined : bytes.readUInt16BE(topicEnd),
    payload: bytes.subarray(bodyStart ?? start),
    problem: problemOf(topic, bodyStart !== null || isCut)
  }
}

function problemOf(topic: string, isWhole: boolean): string | null {
  if (topic === '') return 'it has no topic' // an alias stands for one only where the client allows it, which this one does not
  return isWhole ? null : 'its properties do not end within it'
}

/** Null where they end behind the packet. */
function endOfProperties(bytes: Buffer, start: number): number | null {
  const contents = endOfNumber(bytes, start)
  if (contents === null) return null
  const digits = [...bytes.subarray(start, contents)]
  const end = contents + digits.reduceRight((sum, digit) => sum * 128 + (digit & 0x7f), 0)
  return end <= bytes.length ? end : null
}

/** Where a number of one to four bytes ends that starts here; null where it does not. */
function endOfNumber(bytes: Buffer, start: number): number | null {
  for (let at = start; at < start + 4; at++) {
    const byte = bytes[at]
    if (byte === undefined) return null
    if (byte < 0x80) return at + 1
  }
  return null
}

const malformed = (detail: string) => new FaultError('mqtt_answer_malformed', { detail })
