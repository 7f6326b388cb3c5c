// The Wialon Retranslator target: a batch is written as packets one after the other, and is delivered once they are
// answered. It never repeats anything by itself; what an answer or a failure means is decided in outcome.ts.

import { FaultError } from '../../schemas/errors.ts'
import {
  type Batch,
  delivered,
  type Failure,
  type Message,
  type Outcome,
  type Target,
  type TargetEnv,
  type TargetLimits
} from '../connector.ts'
import { spreadOf } from '../shared/spread.ts'
import { reportOf } from '../shared/wialon/from-message.ts'
import { LeftOutTeller } from '../shared/wialon/left-out.ts'
import { FieldRules } from '../shared/wialon/rules.ts'
import { acknowledgementOf } from './acknowledgement.ts'
import { Connection, type Written } from './connection.ts'
import { outcomeOfRefusal } from './outcome.ts'
import { nameLimits, packetOf } from './packet/mapping.ts'
import { PacketWriter } from './packet/packet-writer.ts'
import type { WialonTargetConfig } from './target-config.ts'

export class WialonTarget implements Target {
  readonly limits: TargetLimits
  /** The connection of a device, by its number; only where there are several. */
  readonly destination?: (message: Message) => string
  readonly #connections: readonly Connection[]
  readonly #rules: FieldRules
  readonly #teller: LeftOutTeller
  readonly #writer = new PacketWriter()

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: WialonTargetConfig, env: TargetEnv) {
    this.#rules = new FieldRules(config.fields, nameLimits)
    this.#teller = new LeftOutTeller(env.log, { stream: env.stream })
    // Answers do not say whose they are: two batches on one connection could not be told apart.
    this.limits = { maxMessages: config.maxMessages, maxBytes: config.maxBytes, batchesInFlight: 1 }
    const { connections } = config
    this.#connections = Array.from({ length: connections }, () => connectionOf(config, env))
    if (connections > 1) this.destination = message => String(spreadOf(message, connections))
  }

  /** Connects; there is no greeting in the protocol that could be tried. Throws why the connection failed. */
  async open(signal: AbortSignal): Promise<void> {
    const opened = this.#connections.map(connection => connection.connect(signal))
    // Those that are slower than the first failure must have ended before anybody tries again.
    await Promise.allSettled(opened)
    await Promise.all(opened)
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const connection = this.#connections[Number(batch.destination)]
    if (connection === undefined)
      throw new FaultError('internal', { detail: `no connection ${batch.destination}` })
    const { packets, bytes, refusals } = this.#encode(batch.messages)
    const outcome = packets === 0 ? delivered : await connection.send({ packets, bytes }, signal)
    return refusals.size === 0 ? outcome : batch.messages.map(message => refusals.get(message) ?? outcome)
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map(connection => connection.close()))
  }

  /** The packets to write in order, and why the other messages have none. */
  #encode(messages: readonly Message[]): Written & { refusals: Map<Message, Failure> } {
    const writer = this.#writer
    writer.take() // what a failure may have left in it
    const refusals = new Map<Message, Failure>()
    for (const message of messages) {
      const report = reportOf(message.value(), this.#rules)
      const packet = 'reason' in report ? report : packetOf(report)
      if ('reason' in packet) refusals.set(message, outcomeOfRefusal(packet.reason))
      else writer.add(packet)
      if ('leftOut' in report && report.leftOut.length > 0) this.#teller.tell(report.unit, report.leftOut)
    }
    return { packets: writer.packets, bytes: writer.take(), refusals }
  }
}

/** Throws a FaultError `config_invalid` for what the schema cannot tell. */
function connectionOf(config: WialonTargetConfig, { clock, log, stream }: TargetEnv): Connection {
  const { host, port, connectTimeoutMs, answerTimeoutMs, acks, ackBytes } = config
  if (ackBytes === 'any' && acks !== 'any')
    throw new FaultError('config_invalid', { path: 'ackBytes', detail: 'any needs "acks: any" beside it' })
  return new Connection({
    ...{ clock, host, port, connectTimeoutMs, answerTimeoutMs },
    acknowledgement: acknowledgementOf(config),
    onUnasked: bytes => log('answer_unasked', { stream, bytes })
  })
}
