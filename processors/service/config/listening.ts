// The rules about what listens: each port once, one HTTP source to a channel, and none that takes messages from
// anybody by oversight.

import { knowsSenders } from '../../../connectors/http/source/senders/guard.ts'
import { isLoopback } from '../../../connectors/shared/loopback.ts'
import { isMapping } from './merge.ts'
import { type Finding, type Part, type Places, pointerTo } from './problem.ts'

/** Checks the merged data with its defaults filled in. */
export function listeningRules(data: unknown, channels: readonly Part[], places: Places): Finding[] {
  const listen = isMapping(data) && isMapping(data.listen) ? data.listen : {}
  const sources = channels.map(httpSources)
  return [
    ...sources.flatMap(secondSources),
    ...(sources.some(ofChannel => ofChannel.length > 0) ? sharedPort(listen, places) : []),
    ...openSources(listen, sources.flat())
  ]
}

interface HttpSourcePart {
  readonly pointer: string
  readonly settings: Readonly<Record<string, unknown>>
}

function httpSources({ pointer, fields }: Part): HttpSourcePart[] {
  const sources = Array.isArray(fields.sources) ? fields.sources : []
  return sources.flatMap((source: unknown, index) => {
    const http = isMapping(source) ? source.http : undefined
    const at = pointerTo(pointerTo(pointerTo(pointer, 'sources'), index), 'http')
    return isMapping(http) ? [{ pointer: at, settings: http }] : []
  })
}

function secondSources(ofChannel: readonly HttpSourcePart[]): Finding[] {
  const sentence = 'is a second http source of this channel, which can have one: it may have several tokens'
  return ofChannel.slice(1).map(({ pointer }) => ({ pointer, at: 'key', sentence }))
}

/** Two listeners cannot have one port, unless each has an address of its own. */
function sharedPort(listen: Readonly<Record<string, unknown>>, places: Places): Finding[] {
  const { http, admin, host, adminHost } = listen
  if (http !== admin || http === 0 || !overlap(host, adminHost)) return []
  const isAdminWritten = places.get('/listen/admin') !== undefined
  const [mine, other] = isAdminWritten ? ['admin', 'http'] : ['http', 'admin']
  const sentence = `must be another port than listen.${other}, which is ${http} as well`
  return [{ pointer: `/listen/${mine}`, at: 'value', sentence }]
}

function overlap(host: unknown, other: unknown): boolean {
  const addresses = [host, other].map(address => (address === 'localhost' ? '127.0.0.1' : address))
  return addresses[0] === addresses[1] || addresses.some(address => address === '0.0.0.0' || address === '::')
}

/** An HTTP source that everybody can reach must know who may send, unless its user wrote that all may. */
function openSources(
  listen: Readonly<Record<string, unknown>>,
  sources: readonly HttpSourcePart[]
): Finding[] {
  const { host, tls } = listen
  if (typeof host !== 'string' || isLoopback(host)) return []
  if (isMapping(tls) && tls.clientCa !== undefined) return []
  const sentence =
    'must have tokens, because listen.host can be reached from outside: set tokens, senders, jwt or webhookSignature, or listen.tls.clientCa, or "insecure: true" to take messages from anybody'
  return sources
    .filter(({ settings }) => settings.insecure !== true && !knowsSenders(settings))
    .map(({ pointer }) => ({ pointer, at: 'key', sentence }))
}
