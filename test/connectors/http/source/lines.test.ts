// Newline-delimited JSON of any length: stored while it arrives, in pieces of whole lines.

import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import type { Incoming } from '../../../../connectors/connector.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { type Harness, readToEnd, startSource } from '../source-harness.ts'

const ndjson = { 'content-type': 'application/x-ndjson' }
const roomy = { maxStreamedBytes: 1 << 30, maxMessageBytes: 100_000 }

const line = (at: number) => `{"ident":"d${at % 7}","timestamp":${at},"x":"${'x'.repeat(at % 900)}"}`

function* linesUpTo(count: number, from = 0): Generator<string> {
  for (let at = from; at < count; at++) yield `${line(at)}\n`
}

/** An answer to lines that are sent as they are generated. */
async function stream(harness: Harness, lines: Iterable<string | Buffer>) {
  const sent = request(harness.url, { method: 'POST', headers: ndjson })
  const answered = once(sent, 'response')
  sent.on('error', () => {}) // a refused sender may be cut off once it has its answer
  Readable.from(lines).pipe(sent)
  const [response] = await answered
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(await response.toArray()).toString()) }
}

test('many lines are stored in their order, and each as it came, wherever the pieces end', async t => {
  const harness = await startSource(t, { config: roomy })
  const count = 5_000
  const sizes: number[] = []
  const { append } = harness
  harness.append = messages => {
    sizes.push(messages.length)
    return append(messages)
  }
  const { status, body } = await stream(harness, linesUpTo(count))
  t.deepEqual([status, body], [200, { accepted: count }])
  t.true(sizes.length > 5, 'it came in pieces')
  t.deepEqual(
    harness.values,
    Array.from({ length: count }, (_, at) => line(at))
  )
})

test('a hundred megabytes of lines pass where a megabyte is all the memory for bodies', async t => {
  const harness = await startSource(t, { config: roomy, maxBytes: 1 << 20 })
  const block = `${line(899)}\n`.repeat(1_000)
  const blocks = Math.ceil(100_000_000 / block.length)
  let count = 0
  harness.append = async messages => {
    count += messages.length
  }
  const { status } = await stream(harness, Array(blocks).fill(block))
  t.is(status, 200)
  t.is(count, blocks * 1_000)
})

test('nothing is read ahead of Kafka: the sender waits', async t => {
  const harness = await startSource(t, { config: roomy })
  let appends = 0
  let open = () => {}
  harness.append = () => {
    appends++
    return new Promise(resolve => {
      open = resolve
    })
  }
  const sent = request(harness.url, { method: 'POST', headers: ndjson })
  const answered = once(sent, 'response')
  const block = `${line(899)}\n`.repeat(1_000)
  const total = 60 * block.length
  for (let at = 0; at < 60; at++) sent.write(block)
  sent.end()
  await until('the first piece is appended', () => appends === 1)
  // What fills the buffers of two sockets is away; the rest of 60 MB stays with the sender.
  t.true(sent.writableLength > total / 2)
  const opening = setInterval(() => open(), 1)
  t.teardown(() => clearInterval(opening))
  const [response] = await answered
  t.is(response.statusCode, 200)
})

test('what stands before a bad line is stored, and the answer says how much that is', async t => {
  const harness = await startSource(t, { config: roomy })
  const lines = [...linesUpTo(2_000), '{"ident":7}\n', ...linesUpTo(3_000, 2_000)]
  const { status, body } = await stream(harness, lines)
  const { stored } = body.error
  t.is(status, 400)
  t.deepEqual(body.error.entries, [{ index: 2_000, reason: 'ident must be a string' }])
  t.true(stored > 500 && stored <= 2_000)
  t.true(
    body.error.message.endsWith(`Send it again from entry ${stored} on, since those before it are stored`)
  )
  t.deepEqual(
    harness.values,
    Array.from({ length: stored }, (_, at) => line(at))
  )
  t.deepEqual(harness.refused, [['fleet', 'message_invalid']])
  t.is(
    harness.accepted.reduce((sum, [, messages]) => sum + messages, 0),
    stored
  )
})

test('a bad line in the first piece keeps all of it out', async t => {
  const harness = await startSource(t)
  const response = await harness.post(`${line(1)}\n{}\n`, ndjson)
  t.is(response.status, 400)
  t.deepEqual(harness.values, [])
})

test('when Kafka fails in the middle, the sender learns from where to go on', async t => {
  const harness = await startSource(t, { config: roomy })
  const { append } = harness
  harness.append = async messages => {
    if (harness.stored.length > 0) throw new FaultError('kafka_unavailable')
    await append(messages)
  }
  const { status, body } = await stream(harness, linesUpTo(3_000))
  t.is(status, 503)
  t.is(body.error.stored, harness.stored.length)
  t.regex(body.error.message, /A part of them may be stored: send it again from entry \d+ on/)
})

test('a line without end is refused as soon as it is too long', async t => {
  const harness = await startSource(t, { config: roomy })
  const { status, body } = await stream(harness, [line(1), '\n', ...Array(40).fill('x'.repeat(100_000))])
  t.deepEqual([status, body.error.code], [413, 'body_too_large'])
  t.regex(body.error.message, /entry 1 exceeds 100000 bytes/)
})

test('lines that inflate without end are refused at their limit', async t => {
  const harness = await startSource(t, { config: { maxStreamedBytes: 1_000_000 } })
  const response = await harness.post(gzipSync(Buffer.alloc(20_000_000, '\n')), {
    ...ndjson,
    'content-encoding': 'gzip'
  })
  t.is(response.status, 413)
  t.regex(await response.text(), /exceeds 1000000 bytes \(maxStreamedBytes\)/)
  t.is((await harness.post(`${line(1)}\n`, ndjson)).status, 200)
})

test('a sender that trickles is given up, and what was stored is counted', async t => {
  const harness = await startSource(t, {
    config: roomy,
    timings: { requestTimeoutMs: 200, checkIntervalMs: 20, lingerMs: 50 }
  })
  const socket = harness.connect()
  const head = [
    'POST /channels/fleet/messages HTTP/1.1',
    'Host: test',
    'Content-Type: application/jsonl',
    'Transfer-Encoding: chunked'
  ]
  const first = [...linesUpTo(1_000)].join('')
  socket.write(`${head.join('\r\n')}\r\n\r\n${first.length.toString(16)}\r\n${first}\r\n`)
  const trickling = setInterval(() => socket.write('1\r\n \r\n'), 10)
  t.teardown(() => clearInterval(trickling))
  // What is written after the answer may find the connection closed.
  socket.once('data', () => clearInterval(trickling))
  const text = await readToEnd(socket)
  t.regex(text, /^HTTP\/1\.1 408 /)
  t.deepEqual(JSON.parse(text.slice(text.indexOf('{'))).error.stored, harness.stored.length)
  t.true(harness.stored.length > 0)
})

test('many long bodies at once wait for their turn in memory, and none is refused', async t => {
  // Room for two pieces; every body has several.
  const harness = await startSource(t, { config: roomy, maxBytes: 700_000 })
  const kept: Incoming[] = []
  harness.append = async messages => {
    await new Promise(setImmediate)
    kept.push(...messages)
  }
  const answers = await Promise.all(Array.from({ length: 12 }, () => stream(harness, linesUpTo(2_000))))
  t.deepEqual(
    answers.map(({ status }) => status),
    Array(12).fill(200)
  )
  t.is(kept.length, 24_000)
})
