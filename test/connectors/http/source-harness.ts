// Starts the HTTP source on a free port with an append that keeps what it gets and fails to order.

import { EventEmitter } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import type { Append, Feed, Incoming } from '../../../connectors/connector.ts'
import type { HttpSourceConfig } from '../../../connectors/http/source/config.ts'
import { defaultTimings, type Timings } from '../../../connectors/http/source/timings.ts'
import { HttpSource } from '../../../connectors/http/source.ts'
import { ByteBudget } from '../../../connectors/shared/byte-budget.ts'
import type { ListenTlsConfig } from '../../../schemas/config.ts'
import type { ErrorCode } from '../../../schemas/errors.ts'
import type { EventName } from '../../../schemas/events.ts'
import { TimerCount } from '../../conformance/resources.ts'

const config: HttpSourceConfig = {
  format: 'messages',
  senders: {},
  insecure: false,
  maxBodyBytes: 100_000,
  maxInflatedBytes: 200_000,
  maxMessages: 500,
  maxStreamedBytes: 400_000,
  maxMessageBytes: 50_000
}

/** The reception time of every message; ends in a fraction so that it can be recognised. */
export const receivedAtMs = 1_700_000_000_123

export interface HarnessOptions {
  readonly config?: Partial<HttpSourceConfig>
  readonly listenHost?: string
  readonly port?: number
  readonly timings?: Partial<Timings>
  readonly maxBytes?: number
  readonly tls?: ListenTlsConfig
}

export class Harness {
  readonly source: HttpSource
  readonly stored: Incoming[] = []
  readonly accepted: [string, number, number][] = []
  readonly refused: [string, ErrorCode][] = []
  readonly events: EventName[] = []
  /** Emits `accepted` and `refused` when the list of that name has grown. */
  readonly changes = new EventEmitter()
  /** Of the source. */
  readonly timers = new TimerCount()
  nowMs = receivedAtMs
  /** Replaced to order failures and delays. */
  append: Append = async messages => {
    this.stored.push(...messages)
  }

  /** How often something was to be appended. */
  appends = 0
  readonly feeds: readonly Feed<HttpSourceConfig>[]

  constructor(options: HarnessOptions) {
    const feed = {
      channel: 'fleet',
      config: { ...config, ...options.config },
      append: (messages: readonly Incoming[]) => {
        this.appends++
        return this.append(messages)
      },
      setAside: async () => {}
    }
    this.feeds = [feed]
    const env = {
      clock: { ...this.timers.watch(systemClock), now: () => this.nowMs },
      log: (name: EventName) => {
        this.events.push(name)
      },
      meter: {
        accepted: (...args: [string, number, number]) => {
          this.accepted.push(args)
          this.changes.emit('accepted')
        },
        refused: (...args: [string, ErrorCode]) => {
          this.refused.push(args)
          this.changes.emit('refused')
        }
      },
      budget: new ByteBudget(options.maxBytes ?? 64 << 20, systemClock),
      listen: {
        host: options.listenHost ?? '127.0.0.1',
        port: options.port ?? 0,
        ...(options.tls !== undefined && { tls: options.tls })
      }
    }
    this.source = new HttpSource(this.feeds, env, { ...defaultTimings, ...options.timings })
  }

  get url(): string {
    return `http://127.0.0.1:${this.source.port}/channels/fleet/messages`
  }

  /** The values stored so far, as text. */
  get values(): string[] {
    return this.stored.map(message => message.value.toString())
  }

  post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url, {
      method: 'POST',
      body: typeof body === 'string' ? Buffer.from(body) : body,
      headers: { 'content-type': 'application/json', ...headers }
    })
  }

  /** A connection on which a test writes HTTP by hand. */
  connect(): Socket {
    return connect(this.source.port, '127.0.0.1')
  }
}

export async function startSource(t: ExecutionContext, options: HarnessOptions = {}): Promise<Harness> {
  const harness = new Harness(options)
  await harness.source.start()
  t.teardown(() => harness.source.stop(0))
  return harness
}

/** Everything a socket receives until it is closed. */
export function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', error => {
      if ('code' in error && error.code === 'ECONNRESET') return
      reject(error)
    })
  })
}
