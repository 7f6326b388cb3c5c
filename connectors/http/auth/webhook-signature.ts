// Signs requests as Standard Webhooks 1.0.0 do (github.com/standard-webhooks/standard-webhooks, spec): HMAC-SHA256 over
// `id.timestamp.body` with the bytes behind `whsec_`. With several secrets there are as many signatures, so that the
// receiver may change its own at any time.

import { createHmac } from 'node:crypto'

export class WebhookSigner {
  readonly #keys: readonly Buffer[]

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map(secret => Buffer.from(secret.slice('whsec_'.length), 'base64'))
  }

  /** `id` stays the same over repeats; `nowMs` is the time of this attempt. Name, value, name, value, ... */
  headers(id: string, body: Buffer, nowMs: number): string[] {
    const seconds = String(Math.floor(nowMs / 1000))
    const signatures = this.#keys.map(key => {
      const hmac = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body)
      return `v1,${hmac.digest('base64')}`
    })
    return ['webhook-id', id, 'webhook-timestamp', seconds, 'webhook-signature', signatures.join(' ')]
  }
}
