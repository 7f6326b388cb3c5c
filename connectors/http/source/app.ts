// The routes of the HTTP source. They are kept free of hooks, schemas and fastify's own reading of bodies, so that a
// request costs what its messages cost; and every fault, from whatever layer, is answered in the one shape.

import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { type ErrorCode, FaultError, messageOf } from '../../../schemas/errors.ts'
import type { SourceEnv } from '../../connector.ts'
import { answerTo, jsonType, refusalOf } from './answer.ts'
import { broken } from './body/request.ts'
import type { Intake } from './intake.ts'
import { answerBroken } from './server/broken.ts'
import { Continuations } from './server/expect.ts'
import { SourceServer } from './server/server.ts'
import type { Timings } from './timings.ts'

export interface AppParts {
  /** The intake of a channel, if it has one now. */
  intake(channel: string): Intake | undefined
  readonly env: SourceEnv
  readonly timings: Timings
  /** Whether connections should close with their next answer. */
  isStopping(): boolean
}

export interface App {
  readonly routes: FastifyInstance
  readonly server: SourceServer
}

interface ChannelRoute {
  readonly Params: { readonly channel: string }
}

const path = '/channels/:channel/messages'

/** A server with its routes, not yet listening. Throws `config_invalid` when the certificate cannot be used. */
export function createApp(parts: AppParts): App {
  const continuations = new Continuations()
  const refuse = refuser(parts, continuations)
  const refuseWith = (code: ErrorCode) => (request: FastifyRequest, reply: FastifyReply) =>
    refuse(new FaultError(code), request, reply)
  let server: SourceServer | undefined
  const app = fastify({
    serverFactory: handler => {
      server = new SourceServer(handler, parts.env, parts.timings)
      return server.server
    },
    exposeHeadRoutes: false,
    clientErrorHandler: (error, socket) => answerBroken(error, socket, server),
    frameworkErrors: (_error, request, reply) => refuseWith('path_unknown')(request, reply)
  })
  if (server === undefined) throw new FaultError('internal', { detail: 'fastify has made no server' })
  continuations.watch(server.server)
  app.setErrorHandler(refuse)
  app.setNotFoundHandler(refuseWith('path_unknown'))
  addRoutes(app, parts, continuations)
  return { routes: app, server }
}

function addRoutes(app: FastifyInstance, parts: AppParts, continuations: Continuations): void {
  app.route<ChannelRoute>({
    method: app.supportedMethods,
    url: path,
    handler: async (request, reply) => {
      const { raw, method } = request
      // RFC 9112, 3.2; Node would answer it without saying why
      if (raw.httpVersion === '1.1' && raw.headers.host === undefined)
        throw new FaultError('request_malformed')
      const intake = parts.intake(request.params.channel)
      if (intake === undefined) throw new FaultError('channel_unknown')
      if (method !== 'POST' && !(method === 'GET' && intake.takesParameters))
        throw new FaultError('method_not_allowed')
      const accepted = await intake.receive({
        request: raw,
        answer: reply.raw,
        query: queryOf(raw),
        allowBody: () => continuations.allow(raw)
      })
      if (parts.isStopping()) closeWith(reply)
      return reply.header('content-type', jsonType).send(`{"accepted":${accepted}}`)
    }
  })
  // Bodies are ours to read, so fastify is told that no method has one and hands the request over untouched.
  for (const method of app.supportedMethods)
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
}

function queryOf({ url = '' }: IncomingMessage): string {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at + 1)
}

/** Answers a request with what went wrong, and counts it where it was meant for a channel of ours. */
function refuser({ intake, env, timings, isStopping }: AppParts, continuations: Continuations) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = refusalOf(error)
    const { fault } = refusal
    const channel = channelOf(request)
    const target = intake(channel)
    if (target !== undefined) env.meter.refused(channel, fault.code)
    if (fault.code === 'internal') env.log('request_failed', { channel, error: messageOf(fault.cause) })
    const { status, headers, body } = answerTo(refusal)
    if (fault.code === 'method_not_allowed')
      reply.header('allow', target?.takesParameters ? 'GET, POST' : 'POST')
    // Who was not told to send the body may do so or not, and only a new connection makes clear what is what.
    if (isStopping() || continuations.isAsking(request.raw) || fault.code === 'request_timeout')
      closeWith(reply)
    linger(request.raw, env, timings)
    return reply.code(status).headers(headers).send(body)
  }
}

/** HTTP/2 has no header for it, and needs none: its sessions are told by themselves. */
function closeWith(reply: FastifyReply): void {
  if (reply.request.raw.httpVersionMajor === 1) reply.header('connection', 'close')
}

/** Throws away what is still to come, for a while, so that a sender that does not read yet comes to read its answer. */
function linger(request: IncomingMessage, { clock }: SourceEnv, { lingerMs }: Timings): void {
  if (request.readableEnded || request.destroyed || broken.has(request)) return
  // Once a request of HTTP/1.1 is answered Node tells it no more of its connection.
  const socket = request.httpVersionMajor === 1 ? request.socket : null
  const done = () => {
    cancel()
    socket?.off('close', done)
  }
  const cancel = clock.after(lingerMs, () => cutOff(request))
  request.once('end', done)
  request.once('close', done)
  socket?.once('close', done)
  request.resume()
}

function cutOff(request: IncomingMessage): void {
  // Of HTTP/2 only the stream is the request's; Node's types know but the requests of HTTP/1.1 here.
  if ('stream' in request) (request as unknown as Http2ServerRequest).stream.close()
  else request.destroy()
}

function channelOf({ params }: FastifyRequest): string {
  // fastify has no parameters for a path that it cannot decode, and those of ChannelRoute for ours
  return (params as Partial<ChannelRoute['Params']> | null)?.channel ?? ''
}
