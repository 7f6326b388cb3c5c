// Faults of processes: of their configuration, of what they read from disk, of credentials that expire, of memory and clock.
// None of them stops what runs, so each has to be told while everything is delivered.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { until } from '../../harness/until.ts'
import { Sink } from '../sink.ts'
import type { Process, Stage } from '../stage.ts'
import type { Fault, Prepared, Told } from './fault.ts'

const perSecond = 50
const daySeconds = 86_400
/** More than enough for one stream, and less than the runtime needs beside it. */
const smallBytes = 16 * 1024 * 1024
/** How far the clock is ahead of Kafka's. */
const skewMs = 600_000
/** Sets the clock of a process, as a machine without time service would. */
const skewed = `--import=data:text/javascript,const now=Date.now;Date.now=()=>now()+${skewMs}`

type ProcessFault = Omit<Fault, 'metric' | 'instance' | 'stream'> & {
  readonly metric: (of: string) => string
}

const refused: Pick<ProcessFault, 'metric' | 'alert' | 'alertReason' | 'told'> = {
  metric: of => `tailrace_config_last_reload_successful{${of}} == 0`,
  alert: 'TailraceConfigRefused',
  alertReason: /config_refused/, // the text of the reasons is in the log and in /status
  told: ({ config: { generation, refused } }) =>
    refused === undefined
      ? null
      : { reason: refused.reasons.join(' '), next: `generation ${generation} stays in force` }
}

const broken: ProcessFault = {
  ...refused,
  ...{ theme: 'configuration', name: 'a changed configuration has a misspelt key', reason: /concurency/ }
}

const unreadable: ProcessFault = {
  ...refused,
  ...{ theme: 'disk', name: 'the file of a secret cannot be read any more', reason: /secret-token/ }
}

const expiring: ProcessFault = {
  ...{ theme: 'credentials', name: 'a token of a target expires in a day', reason: /target\.http\.bearer/ },
  metric: of => `tailrace_expiry_timestamp_seconds{${of}} - time() < 2 * ${daySeconds}`,
  alert: 'TailraceExpiryNow',
  told: ({ config: { expiries = [] } }) =>
    first(expiries, ({ path, expires }) => ({ reason: path, next: expires }))
}

const small: ProcessFault = {
  ...{ theme: 'memory', name: 'the memory budget is too small for the streams', reason: /^needs/ },
  metric: of => `tailrace_memory_needed_bytes{${of}} > tailrace_memory_budget_bytes{${of}}`,
  alert: 'TailraceMemorySmall',
  alertReason: /memory\.maxBytes/,
  told: ({ memory: { maxBytes, neededBytes } }) =>
    neededBytes > maxBytes
      ? { reason: `needs ${neededBytes} bytes, has ${maxBytes}`, next: 'it may be overdrawn' }
      : null
}

const ahead: ProcessFault = {
  ...{ theme: 'clock', name: 'the clock is ten minutes ahead', reason: /^\d+ s ahead/ },
  metric: of => `tailrace_clock_skew_seconds{${of}} > 500`,
  alert: 'TailraceClockSkewed',
  alertReason: /clock/,
  told: ({ clockSkewSeconds }) =>
    clockSkewSeconds === null
      ? null
      : { reason: `${Math.round(clockSkewSeconds)} s ahead`, next: 'delivery goes on, ages are wrong' }
}

/** Starts them; resolves once each delivers. What is there from the start of a process counts from then on. */
export async function processFaults(stage: Stage): Promise<Prepared> {
  const topic = await stage.createTopic()
  const sink = await Sink.open(stage, { latencyMs: 5 })
  stage.send(topic, new Fleet(), perSecond)
  const started = async (process: Omit<Process, 'topic' | 'streams'>, target = {}) => {
    const plain = { ...process, topic, streams: { plain: streamTo(sink, target) } }
    const before = sink.pace.count
    const instance = await stage.start(plain)
    await until(`${instance.name} delivers`, () => sink.pace.count > before)
    return { instance, plain }
  }
  const secret = join(stage.dir, 'secret-token')
  await writeFile(secret, 'a-secret-of-the-target')
  const reading = await started({}, { bearer: `\${file:${secret}}` })
  const poor = await started({ maxMemoryBytes: smallBytes }, { bearer: expiringToken() })
  const early = await started({ nodeOptions: [skewed], sources: [{ http: {} }] })
  return {
    faults: [
      ...faultsOf(reading.instance, unreadable),
      ...faultsOf(poor.instance, broken, expiring, small),
      ...faultsOf(early.instance, ahead)
    ],
    async strike() {
      await rm(secret)
      const { plain } = poor.plain.streams
      const misspelt = { ...poor.plain, streams: { plain: { ...plain, concurency: 3 } } }
      await writeFile(poor.instance.configFile, JSON.stringify(stage.config(misspelt)))
    }
  }
}

function streamTo(sink: Sink, target: object) {
  return { group: uniqueName('faults'), target: { http: { url: sink.url, ...target } } }
}

/** A JSON Web Token, which nobody checks here but for its end. */
function expiringToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + daySeconds
  return [part({ alg: 'none' }), part({ sub: 'acme', exp }), 'signature'].join('.')
}

function faultsOf(instance: Instance, ...faults: readonly ProcessFault[]): Fault[] {
  return faults.map(fault => ({
    ...fault,
    stream: null,
    instance,
    metric: fault.metric(`instance="${instance.adminAddress}"`)
  }))
}

function first<T>(all: readonly T[], tell: (one: T) => Told): Told | null {
  const [one] = all
  return one === undefined ? null : tell(one)
}
