// What comes in on a connection, before the SDK gets it: whether it is AMQP at all, and where a link or the connection ends. Of the
// end the SDK hears as the end of the socket only: what it makes of a good-bye can leave a timer behind.

import { FaultError } from '../../../schemas/errors.ts'
import type { Mask } from '../../shared/mask.ts'
import { beginningOf, wordsOf } from '../../shared/tcp/begun.ts'
import { shown } from '../outcome.ts'
import { FrameWatch } from './frames.ts'

const protocolHeader = Buffer.from('AMQP')

export interface Received {
  /** What the SDK is to get of it. */
  readonly fit: Buffer
  /** Why the connection is to end; null: it goes on. */
  readonly fault: FaultError | null
}

export class Incoming {
  readonly #mask: Mask
  readonly #frames = new FrameWatch()
  #hasBegun = false

  constructor(mask: Mask) {
    this.#mask = mask
  }

  /** `isOpen`: it is open for sending. While it is being opened, the SDK knows better what an end means. */
  read(chunk: Buffer, isOpen: boolean): Received {
    const begun = beginningOf(chunk)
    if (!this.#hasBegun && !begun.subarray(0, protocolHeader.length).equals(protocolHeader)) {
      const detail = `${wordsOf(begun, this.#mask)} came, which is not AMQP`
      return { fit: chunk.subarray(0, 0), fault: new FaultError('event_hubs_answer_malformed', { detail }) }
    }
    this.#hasBegun = true
    const ending = this.#frames.read(chunk)
    if (ending === null || !isOpen) return { fit: chunk, fault: null }
    const detail = shown(ending.text, this.#mask)
    return {
      fit: chunk.subarray(0, ending.before),
      fault: new FaultError('event_hubs_link_ended', { detail })
    }
  }
}
