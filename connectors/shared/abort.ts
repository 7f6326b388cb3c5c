// Why an attempt was given up: the engine's signals say so with a fault, and what a target reports carries its code.

import { FaultError } from '../../schemas/errors.ts'

/** The reason of a signal that has fired; `attempt_aborted` where it gives none. */
export function abortFault({ reason }: AbortSignal): FaultError {
  return reason instanceof FaultError ? reason : new FaultError('attempt_aborted')
}

/** Settles as `work` does, which goes on when the signal ends the wait; then it rejects with that signal's fault. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => reject(abortFault(signal))
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })
}
