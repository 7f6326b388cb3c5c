// The client id of a connection. A broker ends the older of two connections with the same one, so processes of a stream,
// and a replay beside it, have ids of their own.

import { randomBytes } from 'node:crypto'
import type { TargetEnv } from '../../connector.ts'

/** The one that is configured, unless a replay runs beside its stream, or `tailrace-<stream>-<random>`. */
export function clientIdOf(
  configured: string | undefined,
  { stream, replay }: Pick<TargetEnv, 'stream' | 'replay'>
): string {
  if (configured === undefined) return `tailrace-${stream}-${randomBytes(6).toString('hex')}`
  return replay === undefined ? configured : `${configured}-replay-${replay}`
}
