// When packets count as accepted. Receivers differ: most answer each packet, as the document says; some answer once for
// whatever they have read at once, some with the number 17 as a text, and some not at all. Each way promises something
// else, which README.md of this folder says.

import type { FaultError } from '../../schemas/errors.ts'
import { foreignBytes, surplusAnswers } from './outcome.ts'
import type { WialonTargetConfig } from './target-config.ts'

/** Packets that were written together and wait for their answers. */
export interface Exchange {
  readonly packets: number
  answers: number
}

export interface Acknowledgement {
  /** It is enough that the kernel has taken the bytes. */
  readonly isWritingEnough: boolean
  /** Counts what has come as answers to `exchange`; or says what is wrong with it. */
  take(chunk: Buffer, exchange: Exchange): FaultError | null
  /** Whether bytes that come while nothing waits are in order. */
  isIdleTalk(chunk: Buffer): boolean
}

export function acknowledgementOf({
  acks,
  ackBytes
}: Pick<WialonTargetConfig, 'acks' | 'ackBytes'>): Acknowledgement {
  if (acks === 'per-packet') return perPacket
  return acks === 'none' ? none : anyAnswer(ackBytes === 'any' ? () => null : foreignBytes)
}

const perPacket: Acknowledgement = {
  isWritingEnough: false,
  take(chunk, exchange) {
    const problem = foreignBytes(chunk) ?? surplusAnswers(chunk, exchange.packets - exchange.answers)
    if (problem === null) exchange.answers += chunk.length
    return problem
  },
  isIdleTalk: () => false
}

/** The first answer stands for all packets; the others may come late, so they are no surplus. */
function anyAnswer(problemOf: (chunk: Buffer) => FaultError | null): Acknowledgement {
  return {
    isWritingEnough: false,
    take(chunk, exchange) {
      const problem = problemOf(chunk)
      if (problem === null) exchange.answers = exchange.packets
      return problem
    },
    isIdleTalk: chunk => problemOf(chunk) === null
  }
}

/** Whatever a receiver says, it is not listened to. */
const none: Acknowledgement = { isWritingEnough: true, take: () => null, isIdleTalk: () => true }
