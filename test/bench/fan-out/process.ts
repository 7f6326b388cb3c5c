// The process of the fan-out benchmark: a service with many streams on one channel, each narrowed to devices of its own.

import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { uniqueName } from '../../kafka.ts'
import { forwardStream, serviceConfig } from '../config.ts'
import { startService } from '../service.ts'

export interface FanOutOrder {
  readonly brokers: string[]
  readonly topic: string
  readonly partitions: number
  readonly streams: number
  /** For each stream. */
  readonly devices: readonly (readonly string[])[]
  readonly url: string
  readonly settleSeconds: number
  readonly watchSeconds: number
}

export interface FanOutReading {
  readonly cores: number
  /** From Kafka, protocol included. */
  readonly readBytesPerSecond: number
  readonly deliveredPerSecond: number
  /** Once a second the highest of all streams: by how long what arrives is ahead of what is settled. */
  readonly lagMs: readonly number[]
}

const perSecond = 10_000

const sockets: Socket[] = []
subscribe('net.client.socket', message => {
  sockets.push((message as { socket: Socket }).socket) // so it is documented
})

process.once('message', async (order: FanOutOrder) => {
  process.send?.(await watch(order), () => process.exit())
})

async function watch(order: FanOutOrder): Promise<FanOutReading> {
  const { brokers, topic, partitions, devices, url, settleSeconds, watchSeconds } = order
  const streams = devices.map(idents => {
    const stream = forwardStream({ topic, batch: 100, inFlight: 4, url })
    return [uniqueName('stream'), { ...stream, from: idents.map(ident => `${topic}/${ident}`) }]
  })
  const config = serviceConfig({
    brokers,
    topics: [{ topic, partitions }],
    streams: Object.fromEntries(streams)
  })
  const service = await startService(config)
  const statuses = () => service.status().streams
  while (!statuses().every(stream => stream.partitions.length === partitions && stream.state === 'running'))
    await pause(100)
  process.send?.('joined')
  await pause(settleSeconds * 1_000)
  const delivered = () => statuses().reduce((sum, { accounts }) => sum + accounts.delivered, 0)
  const [cpu, bytes, deliveredBefore] = [process.cpuUsage(), readBytes(brokers), delivered()]
  const lagMs: number[] = []
  for (let second = 0; second < watchSeconds; second++) {
    await pause(1_000)
    lagMs.push((Math.max(...statuses().map(({ lag }) => lag)) / perSecond) * 1_000)
  }
  const { user, system } = process.cpuUsage(cpu)
  return {
    cores: (user + system) / 1e6 / watchSeconds,
    readBytesPerSecond: (readBytes(brokers) - bytes) / watchSeconds,
    deliveredPerSecond: (delivered() - deliveredBefore) / watchSeconds,
    lagMs
  }
}

function readBytes(brokers: readonly string[]): number {
  const ports = brokers.map(broker => Number(broker.split(':')[1]))
  const ofKafka = sockets.filter(({ remotePort }) => remotePort !== undefined && ports.includes(remotePort))
  return ofKafka.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
}
