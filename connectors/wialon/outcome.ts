// What an answer or a failure of the Wialon target means to the engine: the one place where that is decided. Pure
// functions; the table is in README.md of this folder and is tested entry by entry.

import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { Failure } from '../connector.ts'

/** The one answer that the protocol knows: a packet was accepted. It does not say which. */
const accepted = 0x11

/** How far a batch has come that was written; null where nobody is to answer. */
export type Progress = { readonly packets: number; readonly answers: number } | null

/** What is wrong with bytes that came as answers when they are not all 0x11. */
export function foreignBytes(chunk: Buffer): FaultError | null {
  const foreign = chunk.findIndex(byte => byte !== accepted)
  if (foreign === -1) return null
  const excerpt = chunk.subarray(foreign, foreign + 8).toString('hex')
  return new FaultError('wialon_answer_malformed', { detail: `0x${excerpt} instead of 0x11` })
}

/** What is wrong with more answers than the `owed` ones. */
export function surplusAnswers({ length }: Buffer, owed: number): FaultError | null {
  if (length <= owed) return null
  return new FaultError('wialon_answer_surplus', { detail: `${length} for ${owed} open packets` })
}

/** A failure to connect as a fault of the closed list. */
export function connectFault(error: unknown): FaultError {
  if (error instanceof FaultError) return error
  return new FaultError('wialon_connect_failed', { detail: detailOf(error), cause: error })
}

/** The outcome when no connection came about: not a byte of the batch was written. */
export function outcomeOfConnect(error: unknown): Failure {
  const { code, detail } = connectFault(error)
  return { kind: 'unsent', code, detail: detail ?? '' }
}

/**
 * The outcome of a batch that was written and not answered in full. It holds for all its messages, the answers that
 * came included: they do not say whose they are, and a receiver may have left out one in the middle.
 */
export function outcomeOfExchange(error: unknown, progress: Progress): Failure {
  const far = progress === null ? '' : `${progress.answers} of ${progress.packets} packets answered`
  const detail = [detailOf(error), far].filter(part => part !== '').join(', ')
  const code = error instanceof FaultError ? error.code : 'wialon_connection_lost'
  return { kind: 'unknown', code, detail }
}

/** The outcome of a message for which the protocol has no packet. */
export function outcomeOfRefusal(reason: string): Failure {
  return { kind: 'reject', code: 'wialon_unencodable', detail: reason }
}

/** Node tries all addresses of a name and reports one error that has the others inside and no message of its own. */
function detailOf(error: unknown): string {
  if (error instanceof FaultError) return error.detail ?? ''
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return messageOf(error)
}
