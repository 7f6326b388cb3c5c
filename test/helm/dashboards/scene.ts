// What dashboards are looked at with: a real process whose streams fare differently, each with a target that answers as it
// should, refuses, or is not there, and a real Prometheus that scrapes it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../connectors/http/double.ts'
import { Guard } from '../../../connectors/kafka/local/guard.ts'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { Fleet } from '../../flows/harness/fleet.ts'
import { Instance } from '../../flows/harness/instance.ts'
import { tick, until } from '../../flows/harness/until.ts'
import { uniqueName } from '../../kafka.ts'
import { type Prometheus, startPrometheus } from '../../prometheus.ts'

const devices = 20
/** Not known to one target, and too much for another. */
const strange = new Fleet(devices).devices[7] ?? ''
const everyMs = 250
/** For a machine that has much else to do. */
const patienceMs = 110_000
/** A token with an end: its claims are read, and nobody checks its signature. */
const expiring = `${part({ alg: 'HS256' })}.${part({ exp: 4_102_444_800 })}.c2lnbmF0dXJl`

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export interface Scene {
  readonly prometheus: Prometheus
  /** /metrics as it is now. */
  page(): Promise<string>
  /** Resolves once Prometheus has as many samples of every series. */
  scraped(samples: number): Promise<void>
  stop(): Promise<void>
}

/** Everything runs, and is scraped as a pod would be, once a second. */
export async function startScene(brokers: readonly string[]): Promise<Scene> {
  const dir = await mkdtemp(join(tmpdir(), 'tailrace-dashboards-'))
  const guard = new Guard(dir)
  const receiver = new HttpDouble({ clock: systemClock, reply })
  const [prometheus] = await Promise.all([startPrometheus(), receiver.start()])
  const ports = new Map<string, number>()
  const [closed = 0] = await freePorts(1)
  const config = configOf({ brokers, url: receiver.url, closed })
  const onLine = ({ kind = '', port }: { kind?: string; port?: number }) => {
    if (port !== undefined) ports.set(kind, port)
  }
  const instance = await Instance.start({ name: 'tailrace', dir, config, guard, onLine })
  const sending = new AbortController()
  await until('it listens', () => ports.has('admin') && instance.isListening, patienceMs)
  const address = `127.0.0.1:${ports.get('admin')}`
  const labels = { namespace: 'prod', pod: 'tailrace-0' }
  prometheus.scrape([{ address, labels }])
  const sent = send(instance, sending.signal)
  return {
    prometheus,
    page: async () => (await fetch(`http://${address}/metrics`)).text(),
    scraped: samples =>
      until(
        `${samples} samples`,
        async () => (await counted(prometheus)) >= samples,
        patienceMs + samples * 1_000
      ),
    stop: async () => {
      sending.abort()
      await sent
      await instance.terminate()
      await Promise.all([prometheus.stop(), receiver.stop()])
      await guard.close()
      await rm(dir, { recursive: true, force: true })
    }
  }
}

async function counted(prometheus: Prometheus): Promise<number> {
  const [found] = await prometheus.query('count_over_time(tailrace_build_info[5m])')
  return found?.value ?? 0
}

/** Each stream has a path of its own at the one receiver. */
function reply({ path, body }: Received): Reply {
  const isStrange = body.includes(strange)
  const status =
    path === '/refuses'
      ? 401
      : path === '/knows-not' && isStrange
        ? 404
        : path === '/picky' && isStrange
          ? 400
          : 200
  return { kind: 'answer', status, afterMs: 20 }
}

interface Addresses {
  readonly brokers: readonly string[]
  readonly url: string
  /** A port where nobody listens. */
  readonly closed: number
}

function configOf({ brokers, url, closed }: Addresses) {
  const topic = uniqueName('dashboards')
  const stream = (name: string, http: object, rest: object = {}) => ({
    from: ['fleet'],
    group: `${topic}-${name}`,
    start: 'earliest',
    target: { http: { url: `${url}/${name}`, ...http } },
    ...rest
  })
  const broker = { url: `mqtt://127.0.0.1:${closed}`, topics: ['fleet/{ident}'], clientId: topic }
  return {
    kafka: { brokers },
    listen: { http: 0, admin: 0 },
    channels: {
      fleet: { topic, partitions: 4, sources: [{ http: {} }] },
      vans: { topic: `${topic}-vans`, partitions: 1, sources: [{ mqtt: broker }] }
    },
    streams: {
      fine: stream('takes', { bearer: expiring }, { silence: {}, rateLimit: { messagesPerSecond: 500 } }),
      down: stream('down', { url: `http://127.0.0.1:${closed}` }, { objective: { maxAgeSeconds: 300 } }),
      halted: stream('refuses', {}),
      held: stream('knows-not', { refusesDevice: [404] }),
      picky: stream('picky', {})
    }
  }
}

/** Messages of all devices, and now and then a request that is none. */
async function send(instance: Instance, signal: AbortSignal): Promise<void> {
  const fleet = new Fleet(devices)
  const headers = { 'content-type': 'application/json' }
  const post = async (body: string) => {
    const response = await fetch(instance.ingestUrl('fleet'), { method: 'POST', headers, body })
    await response.arrayBuffer()
  }
  while (!signal.aborted) {
    await post(`[${fleet.devices.map(device => fleet.next(device).value.toString()).join(',')}]`)
    await post('no JSON')
    await tick(everyMs)
  }
}
