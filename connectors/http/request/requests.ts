// Puts a request together: address, body, and what proves who we are. All of it is decided here; what carries it
// (transport.ts) adds nothing, and never repeats it.

import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { FaultError } from '../../../schemas/errors.ts'
import type { Batch, Message, TargetEnv } from '../../connector.ts'
import { AwsSigner } from '../auth/aws-signature.ts'
import { authorizationOf } from '../auth/credentials.ts'
import { WebhookSigner } from '../auth/webhook-signature.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import { Address } from './address.ts'
import { type Compress, compressorOf } from './compress.ts'
import { type Format, formatOf } from './formats.ts'

export class Requests {
  readonly address: Address
  readonly format: Format
  readonly #config: HttpTargetConfig
  readonly #env: TargetEnv
  readonly #host: string
  readonly #compress: Compress | null
  readonly #webhook: WebhookSigner | null
  readonly #aws: AwsSigner | null

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: HttpTargetConfig, env: TargetEnv) {
    const { webhookSignature, awsSignature, compression, query, url } = config
    this.#config = config
    this.#env = env
    this.format = formatOf(config, env.stream)
    this.address = new Address(url, new URLSearchParams(query).toString(), this.#headersOf())
    this.#host = new URL(this.address.origin).host
    this.#compress = compressorOf(compression)
    this.#webhook = webhookSignature === undefined ? null : new WebhookSigner(webhookSignature.secrets)
    this.#aws = awsSignature === undefined ? null : new AwsSigner(awsSignature)
    if (webhookSignature !== undefined && compression !== 'none') {
      // The signature is over the bytes sent, and receivers check it after they have been decompressed.
      const detail = 'must be none beside webhookSignature: receivers check the signature of the plain body'
      throw new FaultError('config_invalid', { path: 'compression', detail })
    }
  }

  /** Has a body to be compressed, which takes its time? */
  get isSlow(): boolean {
    return this.#compress !== null
  }

  /** Throws a FaultError `http_message_unfit` when the messages do not have what is needed. */
  build(
    { messages, traceparent }: Batch,
    token: string | null
  ): Dispatcher.DispatchOptions & { body: Buffer } {
    const [first] = messages
    if (first === undefined) throw new FaultError('http_message_unfit', { detail: 'there is no message' })
    const batchId = idempotencyKey(messages, this.#env.replay ?? '')
    const names = { '@batch': batchId, '@id': this.format.isSingle ? first.id() : '' }
    const { path, headers } = this.address.of(first, names)
    const body = this.format.build(messages, batchId)
    headers.push('idempotency-key', batchId)
    if (this.format.headers !== undefined) headers.push(...this.format.headers(first))
    if (token !== null) headers.push('authorization', `Bearer ${token}`)
    if (traceparent !== undefined && !headers.includes('traceparent'))
      headers.push('traceparent', traceparent)
    const request = { path, method: this.#config.method, headers, body }
    this.#sign(request, batchId)
    return request
  }

  /** The same request with its body compressed. */
  async compressed(
    request: Dispatcher.DispatchOptions & { body: Buffer }
  ): Promise<Dispatcher.DispatchOptions> {
    if (this.#compress === null) return request
    const headers = [...(request.headers as string[]), 'content-encoding', this.#config.compression] // as build() made them
    return { ...request, headers, body: await this.#compress(request.body) }
  }

  #sign(request: { path: string; method: string; headers: string[]; body: Buffer }, id: string): void {
    const nowMs = this.#env.clock.now()
    if (this.#webhook !== null) request.headers.push(...this.#webhook.headers(id, request.body, nowMs))
    if (this.#aws === null) return
    const contentType = request.headers[request.headers.indexOf('content-type') + 1] ?? ''
    request.headers.push(...this.#aws.headers({ ...request, host: this.#host, contentType }, nowMs))
  }

  #headersOf(): Map<string, string> {
    const { headers: given, messageId } = this.#config
    const headers = new Map([
      ['content-type', this.format.contentType],
      ['user-agent', 'tailrace']
    ])
    const authorization = authorizationOf(this.#config)
    if (authorization !== null) headers.set('authorization', authorization)
    const names = Object.keys(given).map(name => name.toLowerCase())
    if (new Set(names).size < names.length) {
      const detail = 'has one header twice: upper and lower case are the same'
      throw new FaultError('config_invalid', { path: 'headers', detail })
    }
    for (const [name, value] of Object.entries(given)) headers.set(name.toLowerCase(), value)
    if (messageId.header !== undefined) headers.set(messageId.header.toLowerCase(), '{@id}')
    if (this.#env.replay !== undefined) headers.set('tailrace-replay', this.#env.replay)
    return headers
  }
}

/**
 * The same for every attempt with the same messages, whichever process makes it: a hash of where each of them is in
 * Kafka, and of the replay, which is meant to arrive once more. Offsets as numbers, and a partition's name only where it
 * changes, as this is done for every message.
 */
function idempotencyKey(messages: readonly Message[], replay: string): string {
  const offsets = new Float64Array(messages.length)
  let origins = ''
  let last: Message['origin'] | undefined
  // Not over entries(): that makes an array of every message.
  messages.forEach(({ origin, offset }, at) => {
    offsets[at] = offset
    if (origin === last) return
    last = origin
    origins += `${at}:${origin.topic}-${origin.partition}\n`
  })
  return createHash('sha256').update(replay).update(origins).update(offsets).digest('hex')
}
