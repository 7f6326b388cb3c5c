import net from 'node:net'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { systemClock } from '../../../../../../connectors/clock.ts'
import { Allowance } from '../../../../../../connectors/kafka/log/kafkajs/arriving/allowance.ts'
import { Frames } from '../../../../../../connectors/kafka/log/kafkajs/arriving/frames.ts'
import { socketFactory } from '../../../../../../connectors/kafka/log/kafkajs/arriving/socket.ts'

/** A response of `length` bytes, with its length before it. */
function response(length: number, seed = 0): Buffer {
  const frame = Buffer.alloc(4 + length)
  for (let at = 4; at < frame.length; at++) frame[at] = (at * 31 + seed) % 251
  frame.writeInt32BE(length)
  return frame
}

/** Feeds a stream of bytes as a socket would: reads of at most the given sizes, into the space that is offered. */
function cut(stream: Buffer, reads: readonly number[]): Buffer[] {
  const found: Buffer[] = []
  const frames = new Frames(frame => found.push(frame))
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const limit = reads[turn % reads.length] ?? 1
    const bytes = stream.copy(frames.space(), 0, at, Math.min(at + limit, stream.length))
    frames.filled(bytes)
    at += bytes
  }
  return found
}

const lengths = fc.array(fc.oneof(fc.nat(20), fc.integer({ min: 4_000, max: 4_200 }), fc.nat(20_000)), {
  maxLength: 9
})
const reads = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 })), {
  minLength: 1,
  maxLength: 9
})

testProp(
  'responses come out as they went in, however a socket reads them',
  [lengths, reads],
  (t, sizes, limits) => {
    const sent = sizes.map(response)
    const found = cut(Buffer.concat(sent), limits)
    t.is(found.length, sent.length)
    for (const [index, frame] of found.entries()) t.true(frame.equals(sent[index] ?? Buffer.alloc(0)))
  },
  { numRuns: 500 }
)

test('a response keeps its bytes when the next one is read', t => {
  const [first] = cut(Buffer.concat([response(50, 1), response(50, 2)]), [54])
  t.deepEqual(first, response(50, 1))
})

for (const length of [-1, 0x48_54_54_50]) {
  test(`what begins with ${length} is no response`, t => {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32BE(length)
    t.throws(() => cut(bytes, [8]), { instanceOf: RangeError })
  })
}

/** Connects to a server that sends `bytes` and ends; resolves with what came as data, and the error if there was one. */
async function receive(
  bytes: Buffer,
  arriving?: Allowance
): Promise<{ data: Buffer[]; error: Error | null }> {
  const server = net.createServer(socket => socket.on('error', () => {}).end(bytes))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo // it listens on TCP
  const data: Buffer[] = []
  try {
    const error = await new Promise<Error | null>(resolve => {
      // kafkajs passes no `ssl` where none is wanted, whatever its types say.
      const plain = { host: '127.0.0.1', port, onConnect: () => {} } as Parameters<
        ReturnType<typeof socketFactory>
      >[0]
      const socket = socketFactory(arriving)(plain)
      socket.on('data', frame => data.push(frame))
      socket.on('error', resolve)
      socket.on('end', () => {
        socket.destroy()
        resolve(null)
      })
    })
    return { data, error }
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
}

test('a socket gives each response as a whole, and tells when the broker ends', async t => {
  const sent = [response(10), response(3_000_000), response(0), response(100_000)]
  const { data, error } = await receive(Buffer.concat(sent))
  t.is(error, null)
  t.is(data.length, sent.length)
  for (const [index, frame] of data.entries()) t.true(frame.equals(sent[index] ?? Buffer.alloc(0)))
})

test('a socket to something that is not Kafka ends with an error', async t => {
  const { data, error } = await receive(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
  t.deepEqual(data, [])
  t.regex(error?.message ?? '', /no response of Kafka/)
})

test('a long response is not read before there is room for it', async t => {
  const arriving = new Allowance(1_000_000, systemClock)
  const others = arriving.claim(1_000_000, () => {})
  let hasRoom = false
  setImmediate(() => {
    hasRoom = true
    others.release()
  })
  const { data, error } = await receive(Buffer.concat([response(500_000, 1), response(700_000, 2)]), arriving)
  t.true(hasRoom)
  t.is(error, null)
  t.deepEqual(
    data.map(frame => frame.length),
    [500_004, 700_004]
  )
  let isFree = false
  arriving.claim(1_000_000, () => {
    isFree = true
  })
  t.true(isFree, 'what was claimed was given back')
})

test('a connection that ends amidst a response gives back what it had claimed', async t => {
  const arriving = new Allowance(1_000_000, systemClock)
  await receive(response(500_000).subarray(0, 100_000), arriving)
  const isFree = await new Promise(resolve => arriving.claim(1_000_000, () => resolve(true)))
  t.true(isFree)
})
