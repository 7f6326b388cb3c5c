// Carries the requests of an HTTP target to a toll system without a network, in the time of a virtual clock: what is asked
// and what is answered are those of production.

import type { Dispatcher } from 'undici'
import type { Clock } from '../../../../connectors/clock.ts'
import { RequestController } from '../../../../connectors/http/controller.ts'
import type { Transport } from '../../../../connectors/http/request/transport.ts'
import type { Mode } from '../../../flows/promises/toll/double.ts'
import type { OfficeAnswer, TollOffice } from '../../../flows/promises/toll/office.ts'

const latencyMs = 200

export class OfficeTransport implements Transport {
  mode: Mode | 'refuses' = 'works'
  readonly #clock: Clock
  readonly #office: TollOffice

  constructor(clock: Clock, office: TollOffice) {
    this.#clock = clock
    this.#office = office
  }

  async try(): Promise<void> {}

  dispatch({ body }: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const request = new RequestController()
    if (this.mode === 'refuses') {
      handler.onResponseError?.(request, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
      return
    }
    handler.onRequestStart?.(request, {})
    const answer = this.#answer(body as Buffer) // as the target builds it
    if (answer === null) return
    this.#clock.after(latencyMs, () => {
      if (request.aborted) return
      handler.onResponseStart?.(request, answer.status, {}, '')
      handler.onResponseData?.(request, Buffer.from(answer.body))
      handler.onResponseEnd?.(request, {})
    })
  }

  async close(): Promise<void> {}

  #answer(body: Buffer): OfficeAnswer | null {
    if (this.mode === 'works') return this.#office.take(body)
    if (this.mode === 'silent') this.#office.take(body)
    else this.#office.note(body)
    return this.mode === 'unavailable' ? { status: 503, body: '' } : null
  }
}
