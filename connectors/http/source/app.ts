// The routes of the HTTP source. They are kept free of hooks, schemas and fastify's own reading of bodies, so that a
// request costs what its messages cost; and every fault, from whatever layer, is answered in the one shape.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { type ErrorCode, FaultError, messageOf } from '../../../schemas/errors.ts'
import type { SourceEnv } from '../../connector.ts'
import { answerTo, asFault, jsonType } from './answer.ts'
import type { Intake } from './intake.ts'

export interface Timings {
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number
  /** How often the two are looked at. */
  readonly checkIntervalMs: number
  /** How long a connection may be idle: more than the 60 s of common load balancers, which should close first. */
  readonly keepAliveMs: number
}

export const defaultTimings: Timings = {
  requestTimeoutMs: 60_000,
  headersTimeoutMs: 10_000,
  checkIntervalMs: 5_000,
  keepAliveMs: 72_000
}

export interface AppParts {
  /** The intake of a channel, if it has one now. */
  intake(channel: string): Intake | undefined
  readonly env: SourceEnv
  readonly timings: Timings
  /** Whether connections should close with their next answer. */
  isStopping(): boolean
}

interface ChannelRoute {
  readonly Params: { readonly channel: string }
}

const path = '/channels/:channel/messages'

/** A server with its routes, not yet listening. */
export function createApp(parts: AppParts): FastifyInstance {
  const refuse = refuser(parts)
  const refuseWith = (code: ErrorCode) => (request: FastifyRequest, reply: FastifyReply) =>
    refuse(new FaultError(code), request, reply)
  const app = fastify({
    ...serverOptions(parts.timings),
    frameworkErrors: (_error, request, reply) => refuseWith('path_unknown')(request, reply)
  })
  app.setErrorHandler(refuse)
  app.setNotFoundHandler(refuseWith('path_unknown'))
  const otherMethods = app.supportedMethods.filter(method => method !== 'POST')
  app.route({ method: otherMethods, url: path, handler: refuseWith('method_not_allowed') })
  app.post<ChannelRoute>(path, async (request, reply) => {
    const intake = parts.intake(request.params.channel)
    if (intake === undefined) throw new FaultError('channel_unknown')
    const accepted = await intake.receive(request.raw)
    if (parts.isStopping()) reply.header('connection', 'close')
    return reply.header('content-type', jsonType).send(`{"accepted":${accepted}}`)
  })
  // Bodies are ours to read, so fastify is told that no method has one and hands the request over untouched.
  for (const method of app.supportedMethods)
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  return app
}

function serverOptions(timings: Timings) {
  return {
    http: {
      requestTimeout: timings.requestTimeoutMs,
      headersTimeout: timings.headersTimeoutMs,
      connectionsCheckingInterval: timings.checkIntervalMs
    },
    requestTimeout: timings.requestTimeoutMs,
    keepAliveTimeout: timings.keepAliveMs,
    exposeHeadRoutes: false,
    clientErrorHandler: answerOnSocket
  }
}

/** Answers a request with what went wrong, and counts it where it was meant for a channel of ours. */
function refuser({ intake, env, isStopping }: AppParts) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const fault = asFault(error)
    const channel = channelOf(request)
    if (intake(channel) !== undefined) env.meter.refused(channel, fault.code)
    if (fault.code === 'internal') env.log('request_failed', { channel, error: messageOf(fault.cause) })
    const { status, headers, body } = answerTo(fault)
    if (isStopping()) reply.header('connection', 'close')
    return reply.code(status).headers(headers).send(body)
  }
}

function channelOf({ params }: FastifyRequest): string {
  // fastify has no parameters for a path that it cannot decode, and those of ChannelRoute for ours
  return (params as Partial<ChannelRoute['Params']> | null)?.channel ?? ''
}

/** For what Node's parser or its time-outs refused before there was a request. */
function answerOnSocket(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'request_malformed'
  const { status, body } = answerTo(new FaultError(code))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    `Content-Type: ${jsonType}`,
    `Content-Length: ${Buffer.byteLength(body)}`
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
