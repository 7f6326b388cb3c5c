// Many streams in one process: what each costs at rest, in memory and processor time, and what the process takes at most
// when every one of them has a backlog, and a target that never answers or one that takes it all.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { uniqueName } from '../../kafka.ts'
import type { Bench, BenchContext, Row } from '../bench.ts'
import { benchLog, loadFleet, withKafka } from '../kafka.ts'
import { round2 } from '../measure.ts'
import type { Reading, StreamsOrder } from './process.ts'

const streams = 100
const restSeconds = 30
const backlog = 200_000
const budgetMb = 256
const latencyMs = 20

export const streamsBench: Bench = {
  summary: `${streams} streams in one process: memory and CPU at rest, memory with a backlog and targets that hang or deliver`,
  run: context =>
    withKafka(context, async brokers => {
      const [empty, full] = [uniqueName('rest'), uniqueName('backlog')]
      const log = benchLog(brokers)
      await loadFleet(log, { name: empty, partitions: 4, messages: 0 }, context)
      await loadFleet(log, { name: full, partitions: 4, messages: backlog }, context)
      const hanging = createServer(() => {}).listen(0, '127.0.0.1')
      await once(hanging, 'listening')
      const order = { brokers, url: urlOf(hanging), budgetBytes: budgetMb << 20, restSeconds }
      const none = await reading({ ...order, topic: empty, streams: 0 }, context)
      const rest = await reading({ ...order, topic: empty, streams }, context)
      const hung = await reading({ ...order, topic: full, streams }, context)
      const slow = createServer(answerLate).listen(0, '127.0.0.1')
      await once(slow, 'listening')
      const flow = await reading({ ...order, topic: full, streams, url: urlOf(slow) }, context)
      for (const server of [hanging, slow]) server.close().closeAllConnections()
      return [
        row('no stream', none, none),
        row('at rest', rest, none),
        row('backlog, targets hang', hung, none),
        row('backlog, targets deliver', flow, none)
      ]
    })
}

function urlOf(server: Server): string {
  const { port } = server.address() as AddressInfo // a TCP server that listens
  return `http://127.0.0.1:${port}/in`
}

function answerLate(request: IncomingMessage, response: ServerResponse): void {
  request.resume().once('end', () => setTimeout(() => response.end(), latencyMs))
}

/** `boundMb`: the process without streams, and the budget. */
function row(name: string, of: Reading, idle: Reading): Row {
  return {
    streams: name,
    rssMb: Math.round(of.rssMb),
    overIdleMb: Math.round(of.rssMb - idle.rssMb),
    perStreamMb: round2((of.rssMb - idle.rssMb) / streams),
    cpuPercentOfCore: round2(of.cpuPercent),
    boundMb: Math.round(idle.rssMb + budgetMb)
  }
}

async function reading(order: StreamsOrder, context: BenchContext): Promise<Reading> {
  context.progress(
    `${order.streams} streams on ${order.topic}: settling, then watching for ${order.restSeconds} s`
  )
  const child: ChildProcess = fork(fileURLToPath(new URL('./process.js', import.meta.url)))
  child.send(order)
  const [answer] = await once(child, 'message')
  await once(child, 'exit')
  return answer
}
