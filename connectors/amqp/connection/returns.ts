// Messages that the broker gives back (basic.return): a method, a header, and the content, which is counted and not kept.

import type { Reason } from '../outcome.ts'
import { type Frame, frameType } from '../wire/frames.ts'
import { decodeHeader } from '../wire/properties.ts'

export class Returns {
  readonly #onReturn: (messageId: string, reason: Reason) => void
  /** Of the one that is being given back, until its header has come. */
  #reason: Reason | null = null
  #bodyBytesLeft = 0

  constructor(onReturn: (messageId: string, reason: Reason) => void) {
    this.#onReturn = onReturn
  }

  /** Whether more of a message has to come before anything else may. */
  get isDue(): boolean {
    return this.#reason !== null || this.#bodyBytesLeft > 0
  }

  begin(reason: Reason): void {
    this.#reason = reason
  }

  /** A header or a part of a content. Throws an Error for one that does not belong to a message. */
  take({ type, payload }: Frame): void {
    if (type === frameType.body) {
      this.#bodyBytesLeft -= payload.length
      if (this.#bodyBytesLeft < 0) throw new Error('more content than its header announced')
      return
    }
    const reason = this.#reason
    if (reason === null || this.#bodyBytesLeft > 0) throw new Error('the header of no message')
    const { bodyBytes, properties } = decodeHeader(payload)
    this.#reason = null
    this.#bodyBytesLeft = bodyBytes
    this.#onReturn(properties.messageId ?? '', reason)
  }
}
