// What senders may do wrong, by mistake or on purpose, each as the bytes it writes and the status that it must get. They
// are written by hand, since no client would.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { tick } from '../../harness/until.ts'

export interface HostileRequest {
  readonly name: string
  readonly status: number
  /** How often it occurs among others. */
  readonly weight: number
  /** What is written, one after the other as the socket takes it; `pauseMs` apart where it is slow. */
  parts(): Iterable<string | Buffer>
  readonly pauseMs?: number
  /** Ends its side of the connection after the last part, and still reads. */
  readonly isCutShort?: boolean
}

export const token = 'a-token-of-good-senders'
const one = '{"ident":"hostile","timestamp":1}'
const auth = `Authorization: Bearer ${token}`
const json = 'Content-Type: application/json'
const chunked = 'Transfer-Encoding: chunked'

const head = (...lines: string[]) =>
  ['POST /channels/fleet/messages HTTP/1.1', 'Host: hostile', ...lines, '', ''].join('\r\n')
const whole = (body: string | Buffer, ...lines: string[]) => [
  head(auth, ...lines, `Content-Length: ${Buffer.byteLength(body)}`),
  body
]
const chunk = (bytes: string | Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')])

// Made once, or making them would take more of the processor than reading them.
const megabyte = Buffer.alloc(1_048_576, ' ')
const blanks = chunk(megabyte)
const letters = chunk(Buffer.alloc(262_144, 'x'))
const bomb = gzipSync(Buffer.alloc(64 << 20, ' '))
const tooMany = Buffer.from(`[${Array(10_001).fill(one).join()}]`)
const tooLong = Buffer.from(`{"ident":"a","x":"${'x'.repeat(1_000_000)}"}`)
const long = `{"ident":"hostile","timestamp":1,"x":"${'x'.repeat(900)}"}`
const lastIsBad = Buffer.from(`[${Array(9_000).fill(long).join()},{}]`)

const endless = (first: string, piece: Buffer, count: number) => [first, ...Array<Buffer>(count).fill(piece)]

function* slowly(first: string, piece: string): Generator<string> {
  yield first
  for (;;) yield piece
}

const quick: readonly HostileRequest[] = [
  { name: 'no HTTP', status: 400, weight: 24, parts: () => ['\x16\x03\x01 hello\r\n\r\n'] },
  {
    name: 'two lengths',
    status: 400,
    weight: 12,
    parts: () => [head(auth, 'Content-Length: 2', 'Content-Length: 3'), '[]']
  },
  {
    name: 'length and chunks, to smuggle a request',
    status: 400,
    weight: 12,
    parts: () => [head(auth, chunked, 'Content-Length: 4'), '0\r\n\r\nPOST /']
  },
  {
    name: 'a chunk of no length',
    status: 400,
    weight: 12,
    parts: () => [head(auth, json, chunked), 'zz\r\n[]\r\n0\r\n\r\n']
  },
  {
    name: 'headers without measure',
    status: 431,
    weight: 12,
    parts: () => [head(`X-Long: ${'x'.repeat(20_000)}`)]
  },
  { name: 'no token', status: 401, weight: 24, parts: () => [head('Content-Length: 2'), '[]'] },
  {
    name: 'another token, asking first',
    status: 401,
    weight: 12,
    parts: () => [head('Authorization: Bearer other', 'Expect: 100-continue', 'Content-Length: 9000000')]
  },
  {
    name: 'another path',
    status: 404,
    weight: 12,
    parts: () => ['POST /wp-login.php HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]']
  },
  {
    name: 'another channel',
    status: 404,
    weight: 12,
    parts: () => ['POST /channels/none/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]']
  },
  {
    name: 'another method',
    status: 405,
    weight: 12,
    parts: () => ['DELETE /channels/fleet/messages HTTP/1.1\r\nHost: x\r\n\r\n']
  },
  { name: 'another type', status: 415, weight: 12, parts: () => whole('<a/>', 'Content-Type: text/xml') },
  { name: 'another coding', status: 415, weight: 12, parts: () => whole('x', json, 'Content-Encoding: br') },
  { name: 'no JSON', status: 400, weight: 24, parts: () => whole('{"ident', json) },
  {
    name: 'no UTF-8',
    status: 400,
    weight: 12,
    parts: () => whole(Buffer.from('{"ident":"\xff\xfe"}', 'latin1'), json)
  },
  { name: 'no message', status: 400, weight: 24, parts: () => whole('[{"ident":7},[],null,1e999]', json) },
  {
    name: 'nesting without end',
    status: 400,
    weight: 12,
    parts: () => whole(`{"ident":"a","x":${'['.repeat(50_000)}`, json)
  },
  {
    name: 'nesting that ends',
    status: 400,
    weight: 12,
    parts: () => whole(`{"ident":"a","x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, json)
  },
  {
    name: 'too many messages',
    status: 413,
    weight: 4,
    parts: () => whole(tooMany, json)
  },
  {
    name: 'a message that is too long',
    status: 413,
    weight: 4,
    parts: () => whole(tooLong, json)
  },
  {
    name: 'a bad message behind nine thousand good ones',
    status: 400,
    weight: 1,
    parts: () => whole(lastIsBad, json)
  },
  {
    name: 'a length that is too large',
    status: 413,
    weight: 12,
    parts: () => [head(auth, json, 'Content-Length: 99999999999'), megabyte]
  },
  {
    name: 'a body without end',
    status: 413,
    weight: 1,
    parts: () => endless(head(auth, json, chunked), blanks, 12)
  },
  {
    name: 'a line without end',
    status: 413,
    weight: 1,
    parts: () => endless(head(auth, 'Content-Type: application/x-ndjson', chunked), letters, 8)
  },
  {
    name: 'a body that inflates without end',
    status: 413,
    weight: 1,
    parts: () => whole(bomb, json, 'Content-Encoding: gzip')
  },
  { name: 'no gzip', status: 400, weight: 12, parts: () => whole(one, json, 'Content-Encoding: gzip') },
  {
    name: 'half a gzip',
    status: 400,
    weight: 12,
    parts: () => whole(gzipSync(one.repeat(50)).subarray(0, -9), json, 'Content-Encoding: gzip')
  },
  {
    name: 'half a body',
    status: 400,
    weight: 24,
    isCutShort: true,
    parts: () => [head(auth, json, 'Content-Length: 1000'), '{"ident":"a"']
  },
  {
    name: 'half a chunk',
    status: 400,
    weight: 12,
    isCutShort: true,
    parts: () => [head(auth, json, chunked), 'ff\r\n{"ident":"a"']
  },
  {
    name: 'half a header',
    status: 400,
    weight: 12,
    isCutShort: true,
    parts: () => ['POST /channels/fleet/messages HTTP/1.1\r\nHost: te']
  }
]

const slowHeaders: readonly HostileRequest[] = [
  {
    name: 'a byte of the headers every second',
    status: 408,
    weight: 1,
    pauseMs: 1_000,
    parts: () => slowly('POST / HTTP/1.1\r\nX-Slow: ', 'x')
  },
  {
    name: 'headers that stop',
    status: 408,
    weight: 1,
    parts: () => ['POST /channels/fleet/messages HTTP/1.1\r\nHost: te']
  }
]

const slowBodies: readonly HostileRequest[] = [
  {
    name: 'a byte of the body every second',
    status: 408,
    weight: 1,
    pauseMs: 1_000,
    parts: () => slowly(head(auth, json, 'Content-Length: 1000'), ' ')
  },
  {
    name: 'a body that stops',
    status: 408,
    weight: 1,
    parts: () => [head(auth, json, 'Content-Length: 1000'), '{"ident"']
  },
  {
    name: 'lines that trickle',
    status: 408,
    weight: 1,
    pauseMs: 1_000,
    parts: () => slowly(head(auth, 'Content-Type: application/jsonl', chunked), `22\r\n${one}\n\r\n`)
  }
]

export const hostileRequests = { quick, slowHeaders, slow: [...slowHeaders, ...slowBodies] }

/** The status of the answer; 0 where the connection ends without one. Resolves `giveUpMs` later at the latest, then with -1. */
export async function statusOf(hostile: HostileRequest, port: number, giveUpMs = 120_000): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  try {
    const answered = answerOn(socket, giveUpMs)
    await Promise.race([answered, write(socket, hostile)])
    return await answered
  } finally {
    socket.destroy()
  }
}

function answerOn(socket: Socket, giveUpMs: number): Promise<number> {
  return new Promise(resolve => {
    let text = ''
    const timer = setTimeout(() => resolve(-1), giveUpMs)
    const settle = (status: number) => {
      clearTimeout(timer)
      resolve(status)
    }
    socket.on('data', bytes => {
      text += bytes.toString('latin1')
      const status = /^HTTP\/1\.1 (\d{3}) .*\r\n\r\n\{"error"/s.exec(text)?.[1]
      if (status !== undefined) settle(Number(status))
    })
    socket.on('error', () => settle(0))
    socket.on('end', () => settle(0))
    socket.on('close', () => settle(0))
  })
}

async function write(socket: Socket, { parts, pauseMs, isCutShort }: HostileRequest): Promise<void> {
  for (const part of parts()) {
    if (!socket.writable) return
    if (!socket.write(part))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
    if (pauseMs !== undefined) await tick(pauseMs)
  }
  if (isCutShort) socket.end()
}
