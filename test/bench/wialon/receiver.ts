// The receiver of the benchmark, in a process of its own: answers each packet after a latency, in order, and keeps its
// bytes, which are read only when the run is over.

import net, { type AddressInfo } from 'node:net'
import { FrameReader } from '../../../connectors/wialon/packet/frames.ts'
import { readLeniently } from '../../../connectors/wialon/packet/lenient.ts'
import { judgeArrivals } from '../forward/judge.ts'

const frames: Buffer[] = []
let latencyMs = 0

const server = net.createServer({ noDelay: true }, socket => {
  const reader = new FrameReader(1_000_000)
  socket.on('error', () => {})
  socket.on('data', chunk => {
    const { frames: whole } = reader.push(chunk)
    if (whole.length === 0) return
    frames.push(...whole)
    const answers = Buffer.alloc(whole.length, 0x11)
    if (latencyMs === 0) socket.write(answers)
    else setTimeout(() => socket.write(answers), latencyMs)
  })
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  process.send?.({ url: `127.0.0.1:${port}` })
})

/** As much of the message as is judged. */
function bodyOf(frame: Buffer): Buffer {
  const reading = readLeniently(frame)
  if (reading.kind !== 'packet') throw new Error(`not a packet: ${reading.reason}`)
  const { unit, blocks } = reading.packet
  const seq = blocks.find(block => block.kind === 'integer' && block.name === 'custom.seq')
  return Buffer.from(JSON.stringify({ ident: unit, 'custom.seq': seq?.value }))
}

/** An order begins a new run; `judge` ends it and answers with what arrived. */
process.on('message', (message: { readonly latencyMs: number } | 'judge') => {
  if (message === 'judge') process.send?.(judgeArrivals(frames.splice(0).map(bodyOf)))
  else latencyMs = message.latencyMs
})
process.on('disconnect', () => process.exit())
