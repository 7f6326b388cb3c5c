// A fleet to Azure IoT Hub, each device by an identity of its own: over HTTPS, and over MQTT with far fewer connections than
// devices. All arrives in order while tokens end and are made anew. One identity is disabled: what it sends waits, goes out in order once
// it is enabled, and the others go on meanwhile as if it were not there. And what each open connection costs in memory.

import { systemClock } from '../../../../connectors/clock.ts'
import { IotHubHttpsDouble, type ReceivedEvent } from '../../../../connectors/iot-hub/double/https.ts'
import { IotHubMqttDouble } from '../../../../connectors/iot-hub/double/mqtt.ts'
import { Registry } from '../../../../connectors/iot-hub/double/registry.ts'
import { makeCertificates } from '../../../certificates.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet, identify } from '../../harness/fleet.ts'
import { Ledger } from '../../harness/ledger.ts'
import { tick, until, untilNoneIsLeft } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { Arrivals } from '../pace/arrivals.ts'
import { type EnginePromise, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'

const policyKey = Buffer.from('the key of a policy').toString('base64')
const tokenLifetimeMs = 5_000
const connectsPerSecond = 1_000
const maxConnectionBytes = 100 * 1_024

interface Size {
  readonly devices: number
  readonly messages: number
  /** Over MQTT. */
  readonly connections: number
}

const sizes: Readonly<Record<'long' | 'short', Size>> = {
  long: { devices: 2_000, messages: 20_000, connections: 200 },
  short: { devices: 200, messages: 800, connections: 30 }
}

export const iotHub: EnginePromise = {
  name: 'iot-hub',
  title:
    'a fleet of identities reaches an IoT hub in order, a disabled one waits alone, and connections cost little',
  async run(stage, { isLong }) {
    const size = isLong ? sizes.long : sizes.short
    const complaints: string[] = []
    const figures: Record<string, number> = {}
    for (const mode of ['https', 'mqtt'] as const)
      for (const hasDisabled of [false, true]) {
        const run = await forward(stage, { ...size, mode, hasDisabled })
        const name = `${mode}${hasDisabled ? ' beside a disabled one' : ''}`
        complaints.push(...run.complaints.map(complaint => `${name}: ${complaint}`))
        for (const [figure, value] of Object.entries(run.figures)) figures[`${name}: ${figure}`] = value
      }
    const bytes = await bytesOfConnection(stage, isLong ? { few: 200, many: 2_000 } : { few: 50, many: 200 })
    return {
      complaints,
      shortfalls: unless([bytes <= maxConnectionBytes, `${bytes} bytes for an open connection`]),
      figures: { ...figures, 'bytes for an open connection': bytes }
    }
  }
}

interface Told extends Size {
  readonly mode: 'https' | 'mqtt'
  readonly hasDisabled: boolean
}

// budget: function 50, the story of one run is told in one piece
async function forward(stage: Stage, told: Told) {
  const { devices, messages, connections, mode, hasDisabled } = told
  const topic = await stage.createTopic()
  const fleet = new Fleet(devices)
  await stage.fill(topic, { fleet, messages })
  const hub = await Hub.open(stage, mode)
  const [disabled = ''] = hasDisabled ? fleet.devices.slice(-1) : []
  if (hasDisabled) hub.registry.enable(disabled, false)
  const waiting = fleet.issued.get(disabled) ?? 0
  const group = uniqueName('iot-hub')
  const maxConnections = mode === 'mqtt' ? connections : 16
  const target = { iotHub: { ...hub.settings, maxConnections } }
  const streams = { acme: { group, target, held: { maxDelayMs: 1_000 } } }
  const instance = await stage.start({ topic, streams })
  const left = await untilNoneIsLeft(() => messages - waiting - hub.ledger.distinct)
  const perSecond = Math.round((messages - waiting) / (hub.arrivals.durationMs / 1_000))
  await tick(tokenLifetimeMs) // what comes later finds tokens that have ended
  await until('what is refused is held', async () => (await instance.stream())?.held.messages === waiting)
  if (hasDisabled) hub.registry.enable(disabled, true)
  await stage.fill(topic, { fleet, messages: devices })
  const late = await untilNoneIsLeft(() => messages + devices - hub.ledger.distinct)
  const stored = await stage.settled(group, topic)
  const { dead_lettered: deadLetters = 0 } = (await instance.stream())?.accounts ?? {}
  const cpuSeconds = await instance.cpuSeconds()
  await stage.stop(instance)
  const { tokens, connects, mostConnections } = hub
  return {
    complaints: [
      ...complaintsAbout(hub.ledger, { sent: fleet.issued, stored }),
      ...unless(
        [left === 0, `${left} messages of other devices waited`],
        [late === 0, `${late} messages did not arrive in the end`],
        [deadLetters === 0, `${deadLetters} dead letters`],
        [mostConnections <= 2 * maxConnections, `${mostConnections} connections at a time`],
        [mode === 'mqtt' || tokens > devices, `${tokens} tokens of ${devices} devices`]
      )
    ],
    figures: {
      ...{ perSecond, waiting, tokens, connects, mostConnections },
      cpuMsPerMessage: Math.round((cpuSeconds * 1e6) / (messages + devices)) / 1_000
    }
  }
}

/** What the resident memory of a process grows by for each connection, from few to many that are open and idle. */
async function bytesOfConnection(
  stage: Stage,
  { few, many }: { few: number; many: number }
): Promise<number> {
  const topic = await stage.createTopic()
  const fleet = new Fleet(many)
  const hub = await Hub.open(stage, 'mqtt')
  const group = uniqueName('iot-hub')
  const target = { iotHub: { ...hub.settings, tokenLifetimeMs: 3_600_000, maxConnections: many } }
  const instance = await stage.start({ topic, streams: { acme: { group, target } } })
  const send = async (devices: readonly string[]) => {
    await stage.cluster.producer.append(
      topic,
      devices.map(device => fleet.next(device))
    )
  }
  const residentBytes = async (count: number) => {
    // Twice, so that what a process sets up with its first messages is there already.
    for (let round = 0; round < 2; round++) await send(fleet.devices.slice(0, count))
    await untilNoneIsLeft(() => sum(fleet) - hub.ledger.distinct)
    await until('all are open', () => hub.connections === count)
    await stage.settled(group, topic)
    return (await instance.residentMb()) * 2 ** 20
  }
  const before = await residentBytes(few)
  const after = await residentBytes(many)
  await stage.stop(instance)
  return Math.round((after - before) / (many - few))
}

function sum({ issued }: Fleet): number {
  return [...issued.values()].reduce((total, count) => total + count, 0)
}

/** The double, what it saw, and the settings that lead to it. */
class Hub {
  readonly registry = new Registry({ hub: 'localhost', policies: { device: policyKey }, knowsAll: true })
  readonly ledger = new Ledger()
  readonly arrivals = new Arrivals()
  readonly #tokens = new Set<string>()
  readonly #mode: 'https' | 'mqtt'
  readonly #certificates = makeCertificates()
  readonly #double: IotHubHttpsDouble | IotHubMqttDouble

  private constructor(mode: 'https' | 'mqtt') {
    this.#mode = mode
    const common = { clock: systemClock, registry: this.registry, tls: this.#certificates }
    this.#double =
      mode === 'mqtt'
        ? new IotHubMqttDouble({ ...common, ledger: event => this.#note(event) })
        : new IotHubHttpsDouble({
            ...common,
            ledger: ({ headers, events }) => {
              this.#tokens.add(headers.authorization ?? '')
              for (const event of events) this.#note(event)
            }
          })
    this.ledger.onFirst = () => this.arrivals.note(performance.now())
  }

  static async open(stage: Stage, mode: 'https' | 'mqtt'): Promise<Hub> {
    const hub = new Hub(mode)
    await stage.opened(hub.#double)
    await hub.#double.start()
    return hub
  }

  /** Of a target. */
  get settings() {
    const { ca } = this.#certificates
    const host = `localhost:${this.#double.port}`
    const policy = { name: 'device', key: policyKey }
    const shared = { host, mode: this.#mode, policy, tls: { ca }, tokenLifetimeMs }
    return this.#mode === 'mqtt' ? { ...shared, connectsPerSecond } : shared
  }

  /** Different ones that came over HTTPS. */
  get tokens(): number {
    return this.#tokens.size
  }

  get connections(): number {
    return this.#double.connections
  }

  get mostConnections(): number {
    return this.#double instanceof IotHubMqttDouble ? this.#double.mostConnections : 0
  }

  /** Connections in all, over MQTT. */
  get connects(): number {
    return this.#double instanceof IotHubMqttDouble ? this.#double.accepted : 0
  }

  #note({ body }: ReceivedEvent): void {
    const { device, seq } = identify(JSON.parse(body.toString()))
    this.ledger.record(device, seq)
  }
}
