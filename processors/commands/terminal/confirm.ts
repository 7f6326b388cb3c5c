// Asks a person before something that cannot be taken back.

import { createInterface } from 'node:readline/promises'
import { FaultError } from '../../../schemas/errors.ts'

/** True for y or yes. Throws `usage` where nobody is there to be asked; Ctrl-C and Ctrl-D mean no. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new FaultError('usage', { detail: 'nothing was done: add --yes where nobody can be asked' })
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  const given = new AbortController()
  asking.once('SIGINT', () => given.abort()).once('close', () => given.abort())
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal: given.signal })
    return /^y(?:es)?$/i.test(answer.trim())
  } catch (error) {
    if (given.signal.aborted) return false
    throw error
  } finally {
    asking.close()
  }
}
