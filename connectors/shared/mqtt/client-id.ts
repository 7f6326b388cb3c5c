// The client id of a connection. A broker ends the older of two connections with the same one, so processes of a stream,
// and a replay beside it, have ids of their own.

import { randomBytes } from 'node:crypto'
import type { TargetEnv } from '../../connector.ts'

/** One for each of `count` connections. */
export function clientIdsOf(
  configured: string | undefined,
  env: Pick<TargetEnv, 'stream' | 'replay'>,
  count: number
): string[] {
  const id = clientIdOf(configured, env)
  return count === 1 ? [id] : Array.from({ length: count }, (_, at) => `${id}-${at}`)
}

/** The one that is configured, unless a replay runs beside its stream, or `tailrace-<stream>-<random>`. */
function clientIdOf(
  configured: string | undefined,
  { stream, replay }: Pick<TargetEnv, 'stream' | 'replay'>
): string {
  if (configured === undefined) return `tailrace-${stream}-${randomBytes(6).toString('hex')}`
  return replay === undefined ? configured : `${configured}-replay-${replay}`
}
