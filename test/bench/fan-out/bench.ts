// One channel, many streams, each of which wants other devices: every stream reads the whole channel, so what is read from
// Kafka and the processor time grow with their number. Measured while messages arrive at a steady rate.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LogProducer } from '../../../connectors/kafka/log/log.ts'
import { Fleet } from '../../flows/harness/fleet.ts'
import { uniqueName } from '../../kafka.ts'
import type { Bench, BenchContext, Row } from '../bench.ts'
import { benchLog, loadFleet, withKafka } from '../kafka.ts'
import { round2 } from '../measure.ts'
import type { FanOutOrder, FanOutReading } from './process.ts'

const counts = [5, 10, 20, 50, 100]
const perSecond = 10_000
const partitions = 4
const devices = 12_200
const settleSeconds = 10
const watchSeconds = 20
const tickMs = 50

export const fanOut: Bench = {
  summary: `${counts.join(', ')} streams on one channel of ${perSecond} messages/s, each narrowed to 1 % of ${devices} devices: cores, bytes read, lag`,
  run: context =>
    withKafka(context, async brokers => {
      const server = createServer(answer).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo // a TCP server that listens
      const rows: Row[] = []
      for (const streams of counts)
        rows.push(await measured({ brokers, streams, url: `http://127.0.0.1:${port}/in` }, context))
      server.close().closeAllConnections()
      return rows
    })
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume().once('end', () => response.end())
}

async function measured(
  about: Pick<FanOutOrder, 'brokers' | 'streams' | 'url'>,
  context: BenchContext
): Promise<Row> {
  const log = benchLog(about.brokers)
  const topic = uniqueName('fan-out')
  await loadFleet(log, { name: topic, partitions, messages: 0 }, context)
  const fleet = new Fleet(devices)
  const groups = Array.from({ length: about.streams }, (_, at) =>
    fleet.devices.filter((_, index) => index % 100 === at)
  )
  context.progress(
    `${about.streams} streams: ${settleSeconds} s to settle, then watched for ${watchSeconds} s`
  )
  const child: ChildProcess = fork(fileURLToPath(new URL('./process.js', import.meta.url)))
  const order: FanOutOrder = { ...about, topic, partitions, devices: groups, settleSeconds, watchSeconds }
  const exit = once(child, 'exit')
  const told = () =>
    Promise.race([once(child, 'message'), exit.then(() => Promise.reject(new Error('it died')))])
  child.send(order)
  await told() // it has joined
  const flow = new Flow(log.producer(), topic, fleet)
  const [reading] = (await told()) as [FanOutReading] // what process.ts sends
  const sentPerSecond = await flow.stop()
  await exit
  return row(about.streams, sentPerSecond, reading)
}

function row(streams: number, sentPerSecond: number, reading: FanOutReading): Row {
  const { cores, readBytesPerSecond, lagMs, deliveredPerSecond } = reading
  const isFlat = Math.max(...lagMs) < 1_000
  return {
    streams,
    arrivingPerSecond: Math.round(sentPerSecond),
    deliveredPerSecond: Math.round(deliveredPerSecond),
    cores: round2(cores),
    coresPerStream: round2(cores / streams),
    readMbPerSecond: round2(readBytesPerSecond / 1e6),
    lagMsMedian: Math.round(lagMs.toSorted((a, b) => a - b)[lagMs.length >> 1] ?? Number.NaN),
    lagMsMax: Math.round(Math.max(...lagMs)),
    lag: isFlat ? 'flat' : 'grows'
  }
}

/** Messages of all devices in turn, at the rate, until it is stopped. */
class Flow {
  readonly #producer: LogProducer
  readonly #topic: string
  readonly #fleet: Fleet
  readonly #startedMs = Date.now()
  readonly #done: Promise<void>
  #sent = 0
  #isStopped = false

  constructor(producer: LogProducer, topic: string, fleet: Fleet) {
    this.#producer = producer
    this.#topic = topic
    this.#fleet = fleet
    this.#done = this.#run()
  }

  /** Resolves with the messages that were sent a second. */
  async stop(): Promise<number> {
    this.#isStopped = true
    const seconds = (Date.now() - this.#startedMs) / 1000
    await this.#done
    await this.#producer.close(5_000)
    return this.#sent / seconds
  }

  async #run(): Promise<void> {
    const { devices: names } = this.#fleet
    while (!this.#isStopped) {
      const due = Math.floor(((Date.now() - this.#startedMs) * perSecond) / 1000) - this.#sent
      const records = Array.from({ length: due }, (_, at) =>
        this.#fleet.next(names[(this.#sent + at) % names.length] ?? '')
      )
      this.#sent += due
      if (due > 0) await this.#producer.append(this.#topic, records)
      await pause(tickMs)
    }
  }
}
