// A Wialon IPS source on loopback, with Kafka played, and a device that says what it is told to.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { type Clock, systemClock } from '../../../../connectors/clock.ts'
import type { Broken, Feed, Incoming, SourceEnv } from '../../../../connectors/connector.ts'
import { ByteBudget } from '../../../../connectors/shared/byte-budget.ts'
import { WialonIpsSource } from '../../../../connectors/wialon-ips/source.ts'
import {
  type WialonIpsSourceConfig,
  wialonIpsSourceSchema
} from '../../../../connectors/wialon-ips/source-config.ts'
import { until } from '../../../flows/harness/until.ts'

export interface Options {
  readonly settings?: Partial<WialonIpsSourceConfig>
  readonly clock?: Clock
  readonly maxBytes?: number
  readonly append?: (messages: readonly Incoming[]) => Promise<void>
  /** Called before anything is set aside. */
  readonly setAside?: (broken: readonly Broken[]) => Promise<void>
}

export interface Running {
  readonly source: WialonIpsSource
  readonly budget: ByteBudget
  /** The values that were appended. */
  readonly stored: Record<string, unknown>[]
  readonly aside: Broken[]
  /** Codes of what was refused. */
  readonly refused: string[]
  readonly events: { readonly name: string; readonly fields: Readonly<Record<string, unknown>> }[]
  /** The feed with other settings. */
  renewed(settings: Partial<WialonIpsSourceConfig>): Feed<WialonIpsSourceConfig>
  device(): Device
}

export async function startSource(t: ExecutionContext, options: Options = {}): Promise<Running> {
  const { clock = systemClock, maxBytes = 16 << 20, settings = {} } = options
  const aside: Broken[] = []
  const stored: Record<string, unknown>[] = []
  const refused: string[] = []
  const events: Running['events'] = []
  const budget = new ByteBudget(maxBytes, clock)
  const env: SourceEnv = {
    clock,
    log: (name, fields = {}) => void events.push({ name, fields }),
    meter: { accepted: () => {}, refused: (_, code) => void refused.push(code) },
    budget,
    listen: { host: '127.0.0.1', port: 0 }
  }
  const renewed: Running['renewed'] = own => ({
    channel: 'fleet',
    config: configOf(own),
    append: async messages => {
      await options.append?.(messages)
      for (const { value } of messages) stored.push(JSON.parse(value.toString()))
    },
    setAside: async broken => {
      await options.setAside?.(broken)
      aside.push(...broken)
    }
  })
  const source = new WialonIpsSource([renewed(settings)], env)
  await source.start()
  t.teardown(() => source.stop(0))
  const port = Number(events.find(({ name }) => name === 'listener_opened')?.fields.port)
  const device = () => new Device(t, port)
  return { source, budget, stored, aside, refused, events, renewed, device }
}

function configOf(settings: Partial<WialonIpsSourceConfig>): WialonIpsSourceConfig {
  const config = Value.Default(wialonIpsSourceSchema, { port: 0, ...settings })
  return Value.Parse(wialonIpsSourceSchema, config)
}

/** One connection. */
export class Device {
  readonly socket: Socket
  #heard = ''

  constructor(t: ExecutionContext, port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.socket.setEncoding('latin1').on('error', () => {})
    this.socket.on('data', (text: string) => {
      this.#heard += text
    })
    this.socket.on('end', () => this.socket.destroySoon())
    t.teardown(() => this.socket.destroy())
  }

  /** All that was answered. */
  get heard(): string {
    return this.#heard
  }

  say(text: string | Buffer): void {
    this.socket.write(text)
  }

  /** Says it, and resolves with the next line that is answered. */
  async ask(text: string | Buffer): Promise<string> {
    const before = this.#heard.length
    this.say(text)
    await until(
      `an answer to ${text}`,
      () => this.#heard.indexOf('\r\n', before) !== -1 || this.socket.closed,
      10_000
    )
    return this.#heard.slice(before).split('\r\n')[0] ?? ''
  }

  /** Resolves once the source has hung up. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close')
  }
}
