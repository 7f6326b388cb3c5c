// Brings the demo up, piece by piece in the way of a message backwards, and takes it down again.

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../connectors/clock.ts'
import type { HttpDouble } from '../../../connectors/http/double.ts'
import { Guard } from '../../../connectors/kafka/local/guard.ts'
import { startLocalKafka } from '../../../connectors/kafka/local/local.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import { registry } from '../../../connectors/registry.ts'
import { events, type LogEvent } from '../../../schemas/events.ts'
import { loadConfig } from '../../service/config/load.ts'
import type { LogEnv } from '../../service/parts.ts'
import { Service } from '../../service/service.ts'
import { painter } from '../output.ts'
import { packageVersion } from '../package-root.ts'
import { createReceiver } from '../receive/receiver.ts'
import { Tally } from '../receive/tally.ts'
import { sendFleet } from '../simulate/run.ts'
import { Sender } from '../simulate/sender.ts'
import { fired } from '../terminal/interrupt.ts'
import { choosePorts, type DemoPorts, demoConfig } from './config.ts'
import { guide } from './guide.ts'
import { watchKeys } from './keys.ts'
import { Screen } from './screen.ts'

const messagesPerSecond = 50
const drainMs = 5_000
const clock = systemClock
const say = (line: string) => process.stdout.write(`${line}\n`)

/** Resolves once the signal has fired and everything is taken down. Throws a FaultError when it cannot start. */
export async function runDemo(signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-demo-'))
  // Removes the folder however this process ends: with its terminal, or by kill -9.
  const guard = new Guard(folder)
  const given = process.env.KAFKA_BROKERS
  try {
    if (given) return await runOn(given.split(','), folder, signal)
    const kafka = await startLocalKafka({ progress: say, signal })
    try {
      await runOn(kafka.brokers, folder, signal)
    } finally {
      say('Stopping Apache Kafka')
      await kafka.stop()
    }
  } finally {
    await guard.close()
  }
}

async function runOn(brokers: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  const ports = await choosePorts()
  const path = join(folder, 'tailrace.yaml')
  await writeFile(path, demoConfig(brokers, ports))
  const tally = new Tally(clock)
  const receiver = createReceiver({
    clock,
    host: '127.0.0.1',
    port: ports.receiver,
    faults: { status: 200, latencyMs: 0, failShare: 0, resetShare: 0, hangShare: 0 },
    tally,
    save: undefined
  })
  const screenLog: { log: LogEvent } = { log: () => {} }
  const service = createService(path, (name, fields) => screenLog.log(name, fields))
  try {
    await receiver.start()
    await Promise.race([service.start(), fired(signal)])
    if (!signal.aborted) await show({ ports, path, receiver, tally, service, screenLog }, signal)
  } finally {
    await service.stop(drainMs)
    await receiver.stop()
  }
}

function createService(path: string, log: LogEvent): Service {
  const { config, folder, mask } = loadConfig(path, { registry, env: process.env })
  const openLog = (env: LogEnv) => kafkaLog(config.kafka, { clock, log, ...env })
  return new Service(config, { clock, log, registry, version: packageVersion(), folder, mask, openLog })
}

interface Running {
  readonly ports: DemoPorts
  readonly path: string
  readonly receiver: HttpDouble
  readonly tally: Tally
  readonly service: Service
  /** Where the service logs to from now on. */
  readonly screenLog: { log: LogEvent }
}

async function show(running: Running, signal: AbortSignal): Promise<void> {
  const { ports, receiver, tally, service } = running
  const url = `http://127.0.0.1:${ports.source}/channels/tailrace-demo/messages`
  const sender = new Sender({ url, token: undefined, clock })
  const scene = () => {
    const { counts, trouble } = { counts: tally.report().fields, trouble: sender.counts.trouble }
    return {
      sent: sender.counts.sent,
      accepted: sender.counts.accepted,
      trouble,
      stream: service.status().streams[0],
      received: Number(counts.messages),
      devices: Number(counts.devices),
      perSecond: Number(counts.messagesPerSecond),
      isReceiving: receiver.listening
    }
  }
  const screen = new Screen({ clock, out: process.stdout, paint: painter(process.stdout), scene })
  running.screenLog.log = (name, fields) => {
    const { level, sentence } = events[name]
    if (level === 'error') screen.say(`${sentence}: ${JSON.stringify(fields)}`)
  }
  const toggling = process.stdin.isTTY ? 'press s' : `kill -USR2 ${process.pid}`
  say(guide({ ports, url, path: running.path, toggling }))
  const keys = watchKeys(() => void toggle(receiver, screen, toggling))
  screen.start()
  try {
    await sendFleet({ rate: messagesPerSecond, asIs: false }, { sender, clock, signal })
  } finally {
    screen.stop()
    keys.dispose()
  }
}

/** The receiver goes away with its connections, or comes back on the same port. */
async function toggle(receiver: HttpDouble, screen: Screen, again: string): Promise<void> {
  if (receiver.listening) {
    screen.say(`The receiver was stopped: messages now wait in Kafka. To start it again: ${again}`)
    await receiver.stop()
  } else {
    await receiver.start()
    screen.say('The receiver was started: what waited goes out, in order.')
  }
}
