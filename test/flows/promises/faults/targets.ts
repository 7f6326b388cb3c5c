// Faults of targets, of the network to them, of credentials and of single devices: streams of one process, each with a receiver
// of its own, that all deliver until every receiver begins to fail in its way at the same moment.

import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'
import type { StreamReport } from '../../../../processors/service/admin/status.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { until } from '../../harness/until.ts'
import type { Stage } from '../stage.ts'
import { type Fault, type Prepared, type Theme, type Told, toldOf, trouble, troubled } from './fault.ts'

const perSecond = 100
/** So few that ten messages of one come within seconds. */
const devices = 30
const taken: Reply = { kind: 'answer', status: 200 }

/** How a receiver fails, and what has to be told of it. */
interface Failing {
  readonly theme: Theme
  readonly name: string
  readonly reason: RegExp
  /** Down: nothing listens any more. */
  readonly reply: Reply | 'down' | ((request: Received) => Reply)
  readonly metric: (stream: string) => string
  readonly told: (stream: StreamReport) => Told | null
  readonly alert?: string
  /** Of the target. */
  readonly target?: Readonly<Record<string, unknown>>
  /** Of the stream. */
  readonly settings?: Readonly<Record<string, unknown>>
}

const answer = (status: number, headers = {}): Reply => ({ kind: 'answer', status, headers })
const impatient = { responseTimeoutMs: 2_000, bodyTimeoutMs: 2_000 }

const halted = { metric: trouble, told: troubled, alert: 'TailraceStreamHalted' }
const waiting = { metric: trouble, told: troubled }

const failing = (device: string): Readonly<Record<string, Failing>> => ({
  gone: {
    theme: 'target',
    name: 'nothing listens',
    reason: /http_connect_failed/,
    reply: 'down',
    ...waiting
  },
  hanging: {
    ...{ theme: 'target', name: 'requests are taken and not answered', reason: /http_response_timeout/ },
    ...{ reply: { kind: 'hang' }, target: impatient, ...waiting }
  },
  unavailable: {
    theme: 'target',
    name: 'answers 503',
    reason: /http_unavailable/,
    reply: answer(503),
    ...waiting
  },
  throttling: {
    ...{ theme: 'target', name: 'answers 429 and when to come again', reason: /http_throttled/ },
    ...{ reply: answer(429, { 'retry-after': '30' }), ...waiting }
  },
  resetting: {
    ...{ theme: 'network', name: 'connections are reset', reason: /http_connection_lost/ },
    ...{ reply: { kind: 'reset' }, ...waiting }
  },
  trickling: {
    ...{ theme: 'network', name: 'answers trickle in without end', reason: /http_body_timeout/ },
    ...{ reply: { kind: 'trickle', status: 200, everyMs: 100 }, target: impatient, ...waiting }
  },
  unauthorized: {
    ...{ theme: 'credentials', name: 'the credentials are refused', reason: /http_unauthorized/ },
    ...{ reply: answer(401), ...halted }
  },
  moved: {
    ...{ theme: 'configuration', name: 'the address is a wrong one', reason: /http_address_refused/ },
    ...{ reply: answer(404), ...halted }
  },
  choosy: {
    ...{ theme: 'device', name: 'one device is refused', reason: /http_device_refused/ },
    reply: refusing(device, 422),
    target: { refusesDevice: [422] },
    metric: stream => `tailrace_stream_devices_held{stream="${stream}"} > 0`,
    told: ({ held }) =>
      held.trouble === undefined
        ? null
        : { reason: held.trouble.code, next: held.trouble.nextAttempt ?? 'it is tried now' }
  },
  strict: {
    ...{ theme: 'device', name: 'messages of one device are refused for good', reason: /http_rejected/ },
    reply: refusing(device, 400),
    metric: stream => `tailrace_stream_dead_letters_total{stream="${stream}"} > 0`,
    alert: 'TailraceDeadLettersRising',
    told: ({ lastDeadLetter: last }) =>
      last === undefined ? null : { reason: last.code, next: last.hint ?? '' }
  },
  furious: {
    ...{ theme: 'configuration', name: 'every message is refused for good', reason: /too_many_rejected/ },
    ...{ reply: answer(400), settings: { safetyStop: { rejected: 10, of: 100 } }, ...halted }
  }
})

function refusing(device: string, status: number) {
  return ({ body }: Received): Reply => (body.includes(`"${device}"`) ? answer(status) : taken)
}

/** Starts them; resolves with the faults and how to make them happen, once every stream delivers. */
export async function targetFaults(stage: Stage): Promise<Prepared> {
  const topic = await stage.createTopic()
  const fleet = new Fleet(devices)
  const kinds = Object.entries(failing(fleet.devices[0] ?? ''))
  const receivers = await Promise.all(
    kinds.map(async ([name, kind]) => [name, await Failer.open(stage, kind)] as const)
  )
  const streams = Object.fromEntries(receivers.map(([name, receiver]) => [name, receiver.stream]))
  const instance = await stage.start({ topic, streams })
  stage.send(topic, fleet, perSecond)
  await until('every stream delivers', () => receivers.every(([, { received }]) => received > 0))
  return {
    faults: kinds.map(([name, kind]) => faultOf(name, kind, instance)),
    async strike() {
      for (const [, receiver] of receivers) await receiver.fail()
    }
  }
}

function faultOf(stream: string, kind: Failing, instance: Instance): Fault {
  const { theme, name, reason, metric, told, alert } = kind
  return {
    ...{ theme, name: `${stream}: ${name}`, stream, reason, instance, metric: metric(stream) },
    ...(alert !== undefined && { alert }),
    told: status => toldOf(stream, status, told)
  }
}

/** A receiver that takes everything until it is told to fail. */
class Failer {
  received = 0
  readonly #kind: Failing
  readonly #double = new HttpDouble({ clock: systemClock, reply: request => this.#take(request) })
  #isFailing = false

  private constructor(kind: Failing) {
    this.#kind = kind
  }

  static async open(stage: Stage, kind: Failing): Promise<Failer> {
    const failer = new Failer(kind)
    await stage.opened(failer.#double)
    await failer.#double.start()
    return failer
  }

  /** What the stream to it is told. */
  get stream() {
    const { settings, target } = this.#kind
    return {
      ...settings,
      group: uniqueName('faults'),
      target: { http: { url: this.#double.url, ...target } }
    }
  }

  async fail(): Promise<void> {
    this.#isFailing = true
    if (this.#kind.reply === 'down') await this.#double.stop()
  }

  #take(request: Received): Reply {
    this.received++
    const { reply } = this.#kind
    if (!this.#isFailing || reply === 'down') return taken
    return typeof reply === 'function' ? reply(request) : reply
  }
}
