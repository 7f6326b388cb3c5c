// The receiver of the forward benchmark, in a process of its own: answers after a latency and keeps the bodies as
// they came. Only when the run is over are they read, so that judging costs the measured time nothing.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { judgeArrivals } from './judge.ts'

export interface ReceiverOrder {
  readonly latencyMs: number
}

const bodies: Buffer[] = []
let latencyMs = 0

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    bodies.push(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts))
    if (latencyMs === 0) response.end('ok')
    else setTimeout(() => response.end('ok'), latencyMs)
  })
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // a TCP server that listens
  process.send?.({ url: `http://127.0.0.1:${port}/in` })
})

/** An order begins a new run; `judge` ends it and answers with what arrived. */
process.on('message', (message: ReceiverOrder | 'judge') => {
  if (message === 'judge') process.send?.(judgeArrivals(bodies.splice(0)))
  else latencyMs = message.latencyMs
})
process.on('disconnect', () => process.exit())
