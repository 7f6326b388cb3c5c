// Random and mutated topics and payloads: each is messages that are right, or set aside as it came, and nothing throws.
// TAILRACE_FUZZ_INPUTS makes it longer.

import test from 'ava'
import { type PayloadRules, readPayload } from '../../../../connectors/mqtt/source/payload.ts'
import { parseTopic } from '../../../../connectors/mqtt/source/topics.ts'
import { type Random, seeded } from '../../../seeded.ts'

const inputs = Number(process.env.TAILRACE_FUZZ_INPUTS ?? 20_000)
const seed = Number(process.env.TAILRACE_SEED ?? Date.now() % 1_000_000)
const receivedAtMs = 1_767_225_600_500

const patterns = ['fleet/{ident}/up', '{site}/{line}/#', 'a/+/{__proto__}', '{ident}', 'x/{timestamp}'].map(
  parseTopic
)
/** The patterns, said in another way. */
const regexps = [
  /^fleet\/[^/]*\/up$/s,
  /^(?!\$)[^/]*\/[^/]*(\/.*)?$/s,
  /^a\/[^/]*\/[^/]*$/s,
  /^(?!\$)[^/]*$/s,
  /^x\/[^/]*$/s
]
const levels = [
  'fleet',
  '7',
  'up',
  '',
  'a',
  'x',
  '862552046671133',
  '"',
  '\\',
  '🚚',
  '1767225600',
  '2026-01-31T08:00:00Z',
  '$SYS',
  '\u0001'
]
const names = [
  'ident',
  'timestamp',
  'site',
  'line',
  '__proto__',
  'device',
  'imei',
  'position.speed',
  '\\u0069dent',
  ''
]
const values = [
  '"a"',
  '7',
  '-1',
  'null',
  'true',
  '1767225600.50',
  '12345678901234567890',
  '{"imei":7}',
  '[1,{"b":[]}]',
  '"\\ud800"',
  '"\\"}"',
  '1e999',
  '{}',
  '""'
]
const pieces = ['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '\n', 'null', '\u0000', 'é', '7', '.', '-', 'e']

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T // it is not empty

function objectOf(random: Random): string {
  const members = Array.from({ length: Math.floor(random() * 6) }, () => {
    const space = random() < 0.2 ? ' ' : ''
    return `${space}"${pick(random, names)}"${space}:${space}${pick(random, values)}${space}`
  })
  return `{${members.join()}}`
}

function payloadOf(random: Random): Buffer {
  const kind = random()
  if (kind < 0.1)
    return Buffer.from(Array.from({ length: Math.floor(random() * 30) }, () => Math.floor(random() * 256)))
  const isArray = random() < 0.4
  const count = isArray ? Math.floor(random() * 5) : 1
  const objects = Array.from({ length: count }, () =>
    random() < 0.9 ? objectOf(random) : pick(random, values)
  )
  const text = Buffer.from(isArray ? `[${objects.join(random() < 0.3 ? ' , ' : ',')}]` : objects.join())
  return kind < 0.5 ? mutated(text, random) : text
}

function mutated(text: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * (text.length + 1))
  const end = Math.min(text.length, at + Math.floor(random() * 3))
  const insert =
    random() < 0.3 ? Buffer.from([Math.floor(random() * 256)]) : Buffer.from(pick(random, pieces))
  return Buffer.concat([text.subarray(0, at), insert, text.subarray(end)])
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

/** What is wrong with the result, or null. */
async function problemOf(topic: string, payload: Buffer, rules: PayloadRules): Promise<string | null> {
  const before = Buffer.from(payload)
  const read = await readPayload({ topic, payload, cutFrom: null, problem: null }, rules, receivedAtMs)
  if (!payload.equals(before)) return 'the payload was changed'
  if ((read === null) !== !regexps.some(regexp => regexp.test(topic))) return 'it is of another pattern'
  if (read === null) return null
  const whole = parsed(payload)
  const count = Array.isArray(whole) ? whole.length : 1
  const isWhole = read.broken.length === 1 && read.broken[0]?.bytes.equals(payload) === true
  if (!isWhole && read.messages.length + read.broken.length !== count && whole !== undefined)
    return `${count} entries`
  for (const { bytes } of read.broken) if (payload.indexOf(bytes) === -1) return 'set aside as other bytes'
  for (const { key, value } of read.messages) {
    const message = parsed(value) as Record<string, unknown> | undefined // checked next
    if (typeof message !== 'object' || message === null) return `${value} is stored`
    if (message.ident !== key.toString() || key.length === 0) return `${value} has the key ${key}`
    if (typeof message.timestamp !== 'number' || !(message.timestamp >= 0)) return `${value} has no timestamp`
  }
  return read.broken.length > 0
    ? null
    : kept(
        topic,
        whole,
        read.messages.map(({ value }) => parsed(value))
      )
}

/** Where all are messages, everything in them but what the topic, the ident and the time say is what came. */
function kept(topic: string, whole: unknown, stored: readonly unknown[]): string | null {
  const came = Array.isArray(whole) ? whole : [whole]
  if (came.length !== stored.length) return `${came.length} entries are ${stored.length} messages`
  for (const [at, object] of came.entries()) {
    const others = (value: unknown) =>
      JSON.stringify(
        Object.entries(value as object)
          .filter(([name]) => !changing.has(name))
          .sort()
      ) // it was stored
    if (others(object) !== others(stored[at]))
      return `${topic}: ${JSON.stringify(object)} is ${JSON.stringify(stored[at])}`
  }
  return null
}

const changing = new Set(['ident', 'timestamp', 'site', 'line', '__proto__'])

test('whatever comes is messages that are right, or is set aside as it came', async t => {
  const random = seeded(seed)
  let messages = 0
  for (let run = 0; run < inputs; run++) {
    const topic = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, levels)).join('/')
    const payload = payloadOf(random)
    const identField =
      random() < 0.3 ? pick(random, ['device', 'device.imei', 'imei', '']) || undefined : undefined
    const rules = { patterns, identField, maxMessages: 4, maxMessageBytes: 200 }
    try {
      const problem = await problemOf(topic, payload, rules)
      if (problem !== null) return t.fail(`seed ${seed}, input ${run}: ${topic} ${payload}: ${problem}`)
      messages +=
        (await readPayload({ topic, payload, cutFrom: null, problem: null }, rules, receivedAtMs))?.messages
          .length ?? 0
    } catch (error) {
      return t.fail(`seed ${seed}, input ${run}: ${JSON.stringify(topic)} ${payload}: ${error}`)
    }
  }
  t.true(messages > inputs / 50, `${messages} messages of ${inputs} payloads`)
  t.log(`${messages} messages of ${inputs} payloads`)
})
