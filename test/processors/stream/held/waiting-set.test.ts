// Who waits, by the records of a held partition alone.

import test from 'ava'
import type { LogRecord } from '../../../../connectors/kafka/log/log.ts'
import { heldMessage, heldNote } from '../../../../processors/stream/held/held-record.ts'
import { WaitingSet } from '../../../../processors/stream/held/waiting-set.ts'
import { messagesOf } from '../settlement/messages.ts'

const told = { held() {}, released() {}, wanted() {}, owned() {} }
const why = { code: 'http_device_refused', answer: 'HTTP 404' }
const messages = messagesOf(
  { topic: 'fleet', partition: 0 },
  Array.from({ length: 9 }, (_, at) => ({ key: 'a', value: `a:${at}` }))
)

/** The set after records with these offsets on. */
function after(
  records: readonly Omit<LogRecord, 'offset'>[],
  from = 0,
  owner: string | null = null
): WaitingSet {
  const waiting = new WaitingSet(from, owner, told)
  records.forEach((record, at) => {
    if (at >= from) waiting.apply({ ...record, offset: at })
  })
  return waiting
}

/** As Kafka gives it back. */
function stored({ key, value, headers }: ReturnType<typeof heldNote>): Omit<LogRecord, 'offset'> {
  const pairs = Object.entries(headers ?? {}).map(([name, text]) => ({ key: name, value: Buffer.from(text) }))
  return { key, value, headers: pairs, timestampMs: 0 }
}

const name = (owner: string) => stored(heldNote({ kind: 'owner', owner }, 0))
const held = (at: number, owner = 'me') => {
  const message = messages[at]
  if (message === undefined) throw new Error('no such message')
  return stored(heldMessage(message, { why, owner, nowMs: 1_000 + at }))
}
const released = (through: number, offset: number, count: number, owner = 'me') =>
  stored(
    heldNote(
      { kind: 'released', owner, topic: 'fleet', through, offset, messages: count },
      0,
      Buffer.from('a')
    )
  )

const counts = (waiting: WaitingSet) =>
  [...waiting.devices.values()].map(({ count, first }) => [count, first])

test('a device waits with its messages, since the first of them and for its reason', t => {
  const waiting = after([name('me'), held(0), held(1)])
  t.deepEqual(counts(waiting), [[2, 1]])
  t.like([...waiting.devices.values()][0], { topic: 'fleet', sinceMs: 1_000, why })
  t.is(waiting.base, 1)
})

test('what is there twice waits once', t => {
  t.deepEqual(counts(after([name('me'), held(0), held(1), held(0), held(1), held(2)])), [[3, 1]])
})

test('a marker ends what is below it, and one that is there twice ends it once', t => {
  const records = [name('me'), held(0), held(1), held(2), released(2, 1, 2), released(2, 1, 2)]
  t.deepEqual(counts(after(records)), [[1, 3]])
})

test('a marker tells of messages below the commit, too: only those above it count', t => {
  const records = [name('me'), held(0), held(1), held(2), released(2, 1, 2)]
  t.deepEqual(counts(after(records, 3, 'me')), [[1, 3]])
})

test('what another writes behind the name of the owner does not count', t => {
  const records = [name('old'), held(0, 'old'), name('me'), held(1, 'old'), released(1, 0, 1, 'old'), held(1)]
  const waiting = after(records)
  t.deepEqual(counts(waiting), [[2, 1]])
  t.is(waiting.owner, 'me')
  t.deepEqual(counts(after(records, 3, 'me')), [[1, 5]])
})

test('what is none of our records is passed over', t => {
  const foreign = { key: Buffer.from('a'), value: null, timestampMs: 0 }
  const bad = (text: string) => ({
    ...foreign,
    headers: [{ key: 'tailrace.held', value: Buffer.from(text) }]
  })
  const records = [
    { ...foreign, headers: [] },
    bad('{'),
    bad('{"kind":"message"}'),
    bad('{"kind":"toString"}'),
    bad('null')
  ]
  const waiting = after(records)
  t.is(waiting.devices.size, 0)
  t.is(waiting.base, records.length)
})
