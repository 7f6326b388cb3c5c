// Tells the operator of senders that never came as far as a request: TLS alone knows of them. At most one line a
// minute, since whoever scans a network would fill the log otherwise.

import type { Socket } from 'node:net'
import type { SourceEnv } from '../../../connector.ts'
import { detailOf } from '../../../shared/tls.ts'

const quietMs = 60_000

export class HandshakeLog {
  readonly #env: SourceEnv
  #quietUntilMs = 0
  #untold = 0

  constructor(env: SourceEnv) {
    this.#env = env
  }

  failed(error: Error, { remoteAddress }: Socket): void {
    const nowMs = this.#env.clock.now()
    this.#untold++
    if (nowMs < this.#quietUntilMs) return
    this.#env.log('handshake_failed', { from: remoteAddress, error: detailOf(error), failed: this.#untold })
    this.#quietUntilMs = nowMs + quietMs
    this.#untold = 0
  }
}
