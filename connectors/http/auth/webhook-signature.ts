// Signs requests, and checks signatures, as Standard Webhooks 1.0.0 do (github.com/standard-webhooks/standard-webhooks, spec): HMAC-SHA256 over
// `id.timestamp.body` with the bytes behind `whsec_`. With several secrets there are as many signatures, so that the
// receiver may change its own at any time.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
const version = 'v1,'

export class WebhookSigner {
  readonly #keys: readonly Buffer[]

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map(keyOf)
  }

  /** `id` stays the same over repeats; `nowMs` is the time of this attempt. Name, value, name, value, ... */
  headers(id: string, body: Buffer, nowMs: number): string[] {
    const seconds = String(Math.floor(nowMs / 1000))
    const signatures = this.#keys.map(
      key => version + signatureOf(key, `${id}.${seconds}.`, body).toString('base64')
    )
    return ['webhook-id', id, 'webhook-timestamp', seconds, 'webhook-signature', signatures.join(' ')]
  }
}

/** How far the time of a request may be from that of this machine. */
const toleranceMs = 300_000

/** The other side of it: checks what came. */
export class WebhookVerifier {
  readonly #keys: readonly Buffer[]

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map(keyOf)
  }

  /** Why the headers can belong to no request of now; null when they can. To be asked before the body is read. */
  headersProblem(headers: IncomingHttpHeaders, nowMs: number): string | null {
    const missing = names.find(name => typeof headers[name] !== 'string')
    if (missing !== undefined) return `${missing} is missing`
    const seconds = String(headers['webhook-timestamp'])
    if (!/^\d{1,12}$/.test(seconds)) return 'webhook-timestamp must be in Unix seconds'
    const apartMs = Math.abs(Number(seconds) * 1000 - nowMs)
    return apartMs > toleranceMs ? `webhook-timestamp is ${Math.round(apartMs / 1000)} s from now` : null
  }

  /** Whether one of the signatures is one of these bytes by one of the keys. */
  isSigned(headers: IncomingHttpHeaders, body: Buffer): boolean {
    const given = String(headers['webhook-signature'])
      .split(' ')
      .filter(signature => signature.startsWith(version))
      .map(signature => Buffer.from(signature.slice(version.length), 'base64'))
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`
    return this.#keys.some(key => {
      const expected = signatureOf(key, signed, body)
      return given.some(one => one.length === expected.length && timingSafeEqual(one, expected))
    })
  }
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice('whsec_'.length), 'base64')
}

function signatureOf(key: Buffer, signed: string, body: Buffer): Buffer {
  return createHmac('sha256', key).update(signed).update(body).digest()
}
