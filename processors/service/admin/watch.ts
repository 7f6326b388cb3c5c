// What `tailrace watch` looks at: GET /watch/<stream> streams what the stream does, as lines of JSON. It shows messages, so
// it is for this machine only, whatever the listener is reached by, and with the token if there is one. Who reads too slowly
// misses lines, and is told how many; the stream waits for nobody.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { bareHost } from '../../../connectors/shared/host.ts'
import { isLoopback } from '../../../connectors/shared/loopback.ts'
import type { Tap, TapEvent } from '../../stream/tap.ts'

/** Bytes that may wait for a slow reader. */
const maxWaitingBytes = 262_144

export interface WatchPort {
  /** Null: whoever is on this machine may look. */
  readonly token: string | null
  /** Of the streams that run, by name. */
  tap(stream: string): Tap | null
  streams(): readonly string[]
}

/** Answers the request, until the reader goes away. */
export function serveWatch(port: WatchPort, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://localhost')
  const stream = decoded(url.pathname.slice('/watch/'.length))
  const tap = port.tap(stream)
  if (!isAllowed(port, request))
    refuse(response, 403, 'Only for this machine, and with the admin token if there is one.')
  else if (tap === null) refuse(response, 404, unknown(stream, port.streams()))
  else follow(tap, url.searchParams.get('device'), response)
}

/** What is not encoded as it should be stays as it is: no stream has such a name. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** A page of another site can reach loopback through the browser, but can neither name this host nor set a header. */
function isAllowed({ token }: WatchPort, { headers, socket }: IncomingMessage): boolean {
  const host = bareHost((headers.host ?? '').replace(/:\d+$/, ''))
  const peer = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  if (!isLoopback(peer) || !isLoopback(host)) return false
  return token === null || headers.authorization === `Bearer ${token}`
}

function unknown(stream: string, known: readonly string[]): string {
  return `No stream "${stream}" runs here (${known.length === 0 ? 'none does' : `known: ${known.join(', ')}`})`
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`)
}

function follow(tap: Tap, device: string | null, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  let dropped = 0
  const line = (event: TapEvent | { event: 'dropped'; count: number }) => `${JSON.stringify(event)}\n`
  const leave = tap.add({
    device,
    tell(event) {
      if (response.writableLength > maxWaitingBytes) {
        dropped++
        return
      }
      if (dropped > 0) response.write(line({ event: 'dropped', count: dropped }))
      dropped = 0
      response.write(line(event))
    }
  })
  response.on('close', leave)
}
