// A reader in Python, written from the document and sharing no code with ours, about every message of the fleet that
// Tailrace simulates: what it reads is what the message says.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import { packed } from './packets.ts'

const reader = fileURLToPath(new URL('../../../../../test/data/wialon/read.py', import.meta.url))
const fleet = new URL('../../../../../processors/commands/simulate/fleet.jsonl.gz', import.meta.url)

interface Read {
  readonly unit: string
  readonly time: number
  readonly flags: number
  readonly blocks: readonly [name: string, type: number, value: unknown][]
}

/** What Python reads, packet by packet. */
function readByPython(packets: readonly Buffer[]): Read[] {
  const { error, status, stdout, stderr } = spawnSync('python3', [reader], {
    input: Buffer.concat(packets),
    maxBuffer: 100_000_000
  })
  if (error !== undefined)
    throw new Error(`python3 is needed for this test (apt-get install python3): ${error}`)
  if (status !== 0) throw new Error(stderr.toString())
  return stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

const wireNames: Readonly<Record<string, string>> = {
  'external.powersource.voltage': 'pwr_ext',
  'battery.voltage': 'pwr_int'
}

const place = ['longitude', 'latitude', 'altitude', 'speed', 'direction', 'satellites']

/** What the document wants to be read, by the fields of the message alone. */
function wantedOf(message: Readonly<Record<string, unknown>>): Read {
  const position = place.map(part => message[`position.${part}`])
  position[4] = Number(position[4]) % 360
  const parameters = Object.entries(message).filter(
    ([name]) => !/^(?:ident|timestamp|position\..*)$/.test(name)
  )
  return {
    unit: String(message.ident),
    time: Number(message.timestamp),
    flags: 1,
    blocks: [
      ['posinfo', 2, position],
      ...parameters.map(([name, value]): [string, number, unknown] => [
        wireNames[name] ?? name,
        typeof value === 'string' ? 1 : Number.isInteger(value) ? 3 : 4,
        value
      ])
    ]
  }
}

test('Python reads in 9,080 packets of the fleet what its messages say', t => {
  const lines = gunzipSync(readFileSync(fleet)).toString().trimEnd().split('\n')
  const read = readByPython(lines.map(line => encodePacket(packed(line))))
  t.is(read.length, 9080)
  for (const [at, line] of lines.entries()) t.deepEqual(read[at], wantedOf(JSON.parse(line)))
})

test('Python reads what the fleet has not: all flags, 64 bits, other scripts', t => {
  const message = {
    ident: 'Łódź 🚚',
    timestamp: 1.5,
    din: 5,
    dout: 4_294_967_295,
    'driver.id': 'D',
    'alarm.event': true,
    counter: 4_294_967_296_123,
    lowest: -2_147_483_648,
    'ain.1': -12.25,
    note: ''
  }
  t.deepEqual(readByPython([encodePacket(packed(JSON.stringify(message)))]), [
    {
      unit: 'Łódź 🚚',
      time: 1,
      flags: 0x36,
      blocks: [
        ['avl_inputs', 3, 5],
        ['avl_outputs', 3, -1],
        ['avl_driver', 1, 'D'],
        ['counter', 5, 4_294_967_296_123],
        ['lowest', 3, -2_147_483_648],
        ['adc1', 4, -12.25],
        ['note', 1, '']
      ]
    }
  ])
})

test('Python refuses what the document does not allow', t => {
  const packet = encodePacket(packed('{"ident":"a","timestamp":1,"x":1}'))
  packet[packet.length - 8] = 1 // the hidden bit of x
  const error = t.throws(() => readByPython([packet]))
  t.regex(error?.message ?? '', /not as the document says/)
})
