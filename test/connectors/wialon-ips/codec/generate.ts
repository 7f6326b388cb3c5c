// Packets as devices send them, whole and damaged, for the fuzz tests.

import { deflateSync } from 'node:zlib'
import { checkedPacket } from '../../../../connectors/wialon-ips/codec/packet.ts'
import type { Random } from '../../../seeded.ts'

/** With the header of a compressed line. */
export function compressedLine(stream: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16LE(stream.length)
  return Buffer.concat([Buffer.of(0xff), length, stream])
}

const short = '141123;221320;5544.6025;N;03739.6834;E;54;326;106;11'
const extended =
  '141123;221320;5130.43200;N;00007.65000;W;0;0;NA;0;1.1;5;NA;1,0,0;0123ABCD;SOS:1:1,fw:3:v1.2,odo:1:4294967296123,t:2:-3.5'
const bodies: readonly [type: string, body: string][] = [
  ['L', '2.0;353976013445485;NA;'],
  ['SD', `${short};`],
  ['D', `${extended};`],
  ['D', 'NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;;NA;;'],
  ['B', `${short}|${extended}|`]
]

/** What means something to a reader. */
const pieces = [
  ...[
    ';',
    ',',
    '|',
    ':',
    '#',
    '\r\n',
    '\n',
    '\0',
    '\xff',
    '\xff\x03\0',
    'NA',
    '-1',
    '1e999',
    '#L#',
    '#SD#',
    '#B#',
    '#P#\r\n'
  ],
  ...['x:1:1,', ':3:', '00000000000000000000', '9'.repeat(400), '\u{1f69a}', '#M#hello\r\n', '#I#1;2\r\n']
]

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T // the index is within the list
}

/** A packet as it should be, compressed now and then. */
export function whole(random: Random): Buffer {
  const [type, body] = pick(random, bodies)
  const text = random() < 0.1 ? '#P#\r\n' : checkedPacket(type, body)
  return random() < 0.2 ? compressedLine(deflateSync(text)) : Buffer.from(text)
}

/** Some packets, damaged: bytes changed, cut out, repeated, and pieces put in. The CRC is made right again now and then. */
export function mutated(random: Random): Buffer {
  if (random() < 0.05) return Buffer.from(Array.from({ length: random() * 80 }, () => random() * 256))
  const packets = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    random() < 0.3 ? repaired(random) : whole(random)
  )
  let bytes = Buffer.concat(packets)
  for (let hits = Math.floor(random() * 4); hits > 0; hits--) bytes = hit(bytes, random)
  return bytes
}

/** Damaged before its CRC was made. */
function repaired(random: Random): Buffer {
  const [type, body] = pick(random, bodies)
  const separator = body.slice(-1)
  const text = hit(Buffer.from(body), random)
    .toString('latin1')
    .replace(/[\r\n]/g, '')
  return Buffer.from(checkedPacket(type, text + separator), 'utf8')
}

function hit(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = Math.floor(random() * bytes.length)
  const length = Math.floor(random() * 12)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  const kind = random()
  if (kind < 0.4) return Buffer.concat([before, Buffer.from(pick(random, pieces), 'latin1'), after])
  if (kind < 0.6) return Buffer.concat([before, after.subarray(length)])
  if (kind < 0.8) return Buffer.concat([before, after.subarray(0, length), after])
  return Buffer.concat([before, Buffer.of(Math.floor(random() * 256)), after.subarray(1)])
}

export function cutAtRandom(bytes: Buffer, random: Random): Buffer[] {
  const chunks: Buffer[] = []
  const most = random() < 0.2 ? 1 : 1 + Math.floor(random() * 60)
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random() * most)
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}
