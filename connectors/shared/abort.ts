// Why an attempt was given up: the engine's signals say so with a fault, and what a target reports carries its code.

import { FaultError } from '../../schemas/errors.ts'

/** The reason of a signal that has fired; `attempt_aborted` where it gives none. */
export function abortFault({ reason }: AbortSignal): FaultError {
  return reason instanceof FaultError ? reason : new FaultError('attempt_aborted')
}
