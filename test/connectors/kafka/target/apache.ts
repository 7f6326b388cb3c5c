// A real Apache Kafka that lets in one user, with or without TLS, behind relays: what brokers advertise is the address of the
// relay, so that every connection of a client can be counted and cut.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalKafka, startLocalKafka } from '../../../../connectors/kafka/local/local.ts'
import { freePorts } from '../../../../connectors/kafka/local/ports.ts'
import type { Log, LogAdmin } from '../../../../connectors/kafka/log/log.ts'
import type { Certificates } from '../../../certificates.ts'
import { Relay } from '../../../conformance/target/relay.ts'
import { tick } from '../../../flows/harness/until.ts'

export interface ApacheOptions {
  readonly username: string
  readonly password: string
  readonly certificates: Certificates
}

export interface Apache {
  readonly kafka: LocalKafka
  /** The port behind each relay, to which it passes on. */
  readonly ports: { readonly plain: number; readonly tls: number }
  /** Each has its port, and passes nothing on until it is started. */
  readonly relays: { readonly plain: Relay; readonly tls: Relay }
  stop(): Promise<void>
}

export async function startApache(options: ApacheOptions): Promise<Apache> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-apache-'))
  const relays = { plain: await reserved(), tls: await reserved() }
  const [firstPort = 0] = await freePorts(1)
  const properties = {
    ...demands(options, keystoreOf(folder, options)),
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${firstPort},SASLSCRAM://127.0.0.1:${relays.plain.port},SASLPLAIN://127.0.0.1:${relays.tls.port}`
  }
  const kafka = await startLocalKafka({ security: true, firstPort, properties })
  const portOf = (address = '') => Number(address.split(':')[1])
  const { saslScram, saslPlain } = kafka.security ?? {}
  return {
    ...{ kafka, relays },
    ports: { plain: portOf(saslScram), tls: portOf(saslPlain) },
    async stop() {
      await kafka.stop()
      rmSync(folder, { recursive: true })
    }
  }
}

/** A relay that has taken its port and does not listen. */
async function reserved(): Promise<Relay> {
  const relay = new Relay()
  await relay.start(0)
  await relay.stop()
  return relay
}

function keystoreOf(folder: string, { certificates: { cert, key }, password }: ApacheOptions): string {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const keystore = join(folder, 'broker.p12')
  const input = ['-in', file('cert.pem', cert), '-inkey', file('key.pem', key)]
  execFileSync('openssl', ['pkcs12', '-export', ...input, '-out', keystore, '-passout', `pass:${password}`])
  return keystore
}

/** SASL PLAIN for one user: on one listener without TLS, on the other with this certificate. */
function demands({ username, password }: ApacheOptions, keystore: string): Record<string, string> {
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const accounts = `${module} required user_${username}="${password}";`
  return {
    'listener.name.saslscram.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.saslscram.plain.sasl.jaas.config': accounts,
    'listener.name.saslplain.plain.sasl.jaas.config': accounts,
    'listener.name.saslplain.ssl.keystore.location': keystore,
    'listener.name.saslplain.ssl.keystore.password': password
  }
}

const pollMs = 20
const roomBytes = 8 * 1024 * 1024

/** Follows a partition from its end: what is appended while it runs, in order. */
export class Tail {
  readonly values: Buffer[] = []
  readonly #log: Log
  readonly #topic: string
  /** Room for values, made beforehand: what a case keeps shall not look like what its target leaves behind. */
  readonly #room = Buffer.alloc(roomBytes)
  #filled = 0
  #next = -1
  #isOver = false
  #running = Promise.resolve()

  constructor(log: Log, topic: string) {
    this.#log = log
    this.#topic = topic
  }

  /** Goes on where it was. */
  async start(): Promise<void> {
    const admin = this.#log.admin()
    if (this.#next === -1) this.#next = await endOf(admin, this.#topic)
    this.#isOver = false
    this.#running = this.#follow(admin)
  }

  /** What was appended until now is there when it resolves. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  #keep(value: Buffer | null): Buffer {
    const start = this.#filled
    this.#filled += value?.length ?? 0
    if (this.#filled > this.#room.length) throw new Error('a case has more messages than there is room for')
    value?.copy(this.#room, start)
    return this.#room.subarray(start, this.#filled)
  }

  async #follow(admin: LogAdmin): Promise<void> {
    try {
      for (let isLast = false; !isLast; await tick(pollMs)) {
        isLast = this.#isOver
        const to = await endOf(admin, this.#topic)
        const range = { topic: this.#topic, partition: 0, from: this.#next, to }
        if (to > this.#next)
          for await (const { value } of admin.read(range)) this.values.push(this.#keep(value))
        this.#next = to
      }
    } finally {
      await admin.close()
    }
  }
}

async function endOf(admin: LogAdmin, topic: string): Promise<number> {
  const [range] = await admin.ranges(topic)
  return range?.end ?? 0
}
