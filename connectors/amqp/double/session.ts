// One connection to the double, as a broker has it: the handshake, the one channel, and the messages on it. A client that
// breaks the rules is told so with the code that the specification has for it.

import type { Socket } from 'node:net'
import type { Reason } from '../outcome.ts'
import {
  encodeBody,
  encodeFrame,
  type Frame,
  FrameReader,
  frameType,
  protocolHeader
} from '../wire/frames.ts'
import {
  type ArgumentsOf,
  decodeMethod,
  encodeMethod,
  type Method,
  type MethodName
} from '../wire/methods.ts'
import { decodeHeader, encodeHeader, type Properties } from '../wire/properties.ts'
import { decodeTable, encodeTable } from '../wire/values.ts'
import type { AmqpPublished, AmqpReply, Script } from './double.ts'

const channel = 1
const noRoute: Reason = { code: 312, text: 'NO_ROUTE' }
const serverProperties = encodeTable({
  product: 'double',
  capabilities: { publisher_confirms: true, 'basic.nack': true, 'connection.blocked': true }
})

interface SessionEvents {
  readonly connection: number
  onHeartbeat(): void
  onGoodbye(): void
}

/** A message of which parts have come. */
interface Begun {
  readonly args: ArgumentsOf<'basicPublish'>
  properties?: Properties
  bytesLeft: number
  readonly parts: Buffer[]
}

export class Session {
  readonly #socket: Socket
  readonly #script: Script
  readonly #events: SessionEvents
  readonly #reader: FrameReader
  readonly #frameMaxBytes: number
  #hasHeader = false
  /** The channel is closed, and what comes on it is not looked at until the client has noticed. */
  #isClosed = false
  #isBlocked = false
  #hasPublished = false
  #deliveryTag = 0
  #begun: Begun | null = null
  /** What has come while it is blocked. */
  #unread: Frame[] = []

  constructor(socket: Socket, script: Script, events: SessionEvents) {
    this.#socket = socket
    this.#script = script
    this.#events = events
    this.#frameMaxBytes = script.frameMaxBytes ?? 131_072
    this.#reader = new FrameReader(this.#frameMaxBytes)
  }

  take(chunk: Buffer): void {
    try {
      const frames = this.#hasHeader ? chunk : this.#begin(chunk)
      for (const frame of this.#reader.take(frames)) {
        if (this.#socket.writableEnded || this.#socket.destroyed) return
        if (this.#isBlocked) this.#unread.push(frame)
        else this.#takeFrame(frame)
      }
    } catch (error) {
      this.closeConnection({ code: 501, text: `FRAME_ERROR - ${String(error)}` })
    }
  }

  block(): void {
    const reason = this.#script.blocked()
    if (reason === null || this.#isBlocked || !this.#hasPublished) return
    this.#isBlocked = true
    this.#send(0, 'connectionBlocked', { reason })
    this.#socket.pause()
  }

  unblock(): void {
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.#send(0, 'connectionUnblocked', {})
    for (const frame of this.#unread.splice(0)) this.#takeFrame(frame)
    this.#socket.resume()
  }

  acknowledgeAll(): void {
    this.#send(channel, 'basicAck', { deliveryTag: this.#deliveryTag, multiple: true })
  }

  closeConnection({ code, text }: Reason): void {
    this.#send(0, 'connectionClose', { replyCode: code, replyText: text, classId: 0, methodId: 0 })
    this.#isClosed = true
  }

  /** What comes after the header of the protocol. To another one the answer is the header that would be right. */
  #begin(chunk: Buffer): Buffer {
    if (!chunk.subarray(0, protocolHeader.length).equals(protocolHeader)) {
      this.#socket.end(protocolHeader)
      return Buffer.alloc(0)
    }
    this.#hasHeader = true
    const { mechanisms = 'PLAIN EXTERNAL' } = this.#script
    this.#send(0, 'connectionStart', {
      ...{ versionMajor: 0, versionMinor: 9, serverProperties },
      mechanisms: Buffer.from(mechanisms),
      locales: Buffer.from('en_US')
    })
    return chunk.subarray(protocolHeader.length)
  }

  #takeFrame(frame: Frame): void {
    if (frame.type === frameType.heartbeat) this.#events.onHeartbeat()
    else if (frame.type === frameType.method) this.#takeMethod(decodeMethod(frame.payload))
    else if (!this.#isClosed) this.#takeContent(frame)
  }

  #takeMethod(method: Method): void {
    if (method.name === 'connectionClose') {
      this.#events.onGoodbye()
      this.#send(0, 'connectionCloseOk', {})
    } else if (method.name === 'connectionCloseOk') this.#socket.end()
    else if (method.name === 'channelCloseOk') this.#isClosed = false
    else if (this.#isClosed) return
    else if (method.name === 'connectionStartOk') this.#logIn(method.args)
    else if (method.name === 'connectionOpen') {
      const refusal = this.#script.vhost?.(method.args.virtualHost)
      if (refusal === undefined) this.#send(0, 'connectionOpenOk', { reserved1: '' })
      else this.closeConnection(refusal)
    } else this.#takeOnChannel(method)
  }

  #takeOnChannel(method: Method): void {
    if (method.name === 'channelOpen') this.#send(channel, 'channelOpenOk', { reserved1: Buffer.alloc(0) })
    else if (method.name === 'confirmSelect') this.#send(channel, 'confirmSelectOk', {})
    else if (method.name === 'exchangeDeclare') {
      const refusal = this.#script.exchange?.(method.args.exchange)
      if (refusal === undefined) this.#send(channel, 'exchangeDeclareOk', {})
      else this.#closeChannel(refusal)
    } else if (method.name === 'queueDeclare') {
      const { queue } = method.args
      const refusal = this.#script.queue?.(queue)
      if (refusal !== undefined) this.#closeChannel(refusal)
      else this.#send(channel, 'queueDeclareOk', { queue, messageCount: 0, consumerCount: 0 })
    } else if (method.name === 'basicPublish') {
      if (this.#begun !== null) throw new Error('a message within another')
      this.#begun = { args: method.args, bytesLeft: -1, parts: [] }
    }
  }

  #logIn({ mechanism, response, clientProperties }: ArgumentsOf<'connectionStartOk'>): void {
    const [, username = '', password = ''] = response.toString().split('\0')
    const connectionName = String(decodeTable(clientProperties).connection_name ?? '')
    const refusal = this.#script.login?.({ mechanism, username, password, connectionName })
    const { heartbeatSeconds: heartbeat = 0 } = this.#script
    if (refusal !== undefined) this.closeConnection(refusal)
    else this.#send(0, 'connectionTune', { channelMax: 2_047, frameMax: this.#frameMaxBytes, heartbeat })
  }

  #takeContent({ type, payload }: Frame): void {
    const begun = this.#begun
    if (begun === null) throw new Error('a content without its method')
    if (type === frameType.header) {
      const { bodyBytes, properties } = decodeHeader(payload)
      begun.properties = properties
      begun.bytesLeft = bodyBytes
    } else {
      begun.bytesLeft -= payload.length
      begun.parts.push(Buffer.from(payload))
    }
    if (begun.bytesLeft < 0) throw new Error('more content than was announced')
    if (begun.bytesLeft === 0) this.#finish(begun)
  }

  #finish({ args, parts, properties = {} }: Begun): void {
    this.#begun = null
    this.#hasPublished = true
    const { exchange, routingKey, mandatory } = args
    const body = Buffer.concat(parts)
    const place = { exchange, routingKey, mandatory, properties, body }
    const published = { connection: this.#events.connection, deliveryTag: ++this.#deliveryTag, ...place }
    const maxBytes = this.#script.maxMessageBytes?.() ?? Number.POSITIVE_INFINITY
    const text = `PRECONDITION_FAILED - message size ${body.length} is larger than configured max size ${maxBytes}`
    this.#script.ledger?.(published)
    if (body.length > maxBytes) this.#closeChannel({ code: 406, text })
    else this.#answer(published, this.#script.reply?.(published) ?? { kind: 'ack' })
    this.block()
  }

  #answer(published: AmqpPublished, reply: AmqpReply): void {
    const { deliveryTag } = published
    const isGivenBack = published.mandatory && (reply.kind === 'return' || reply.kind === 'returnAndHold')
    if (isGivenBack) this.#giveBack(published, noRoute)
    const confirm = () => {
      if (!isGivenBack) this.#script.confirmed?.(published)
      this.#send(channel, 'basicAck', { deliveryTag, multiple: false })
    }
    if (reply.kind === 'hangUp') this.#socket.destroySoon()
    else if (reply.kind === 'closeChannel') this.#closeChannel(reply.reason)
    else if (reply.kind === 'closeConnection') this.closeConnection(reply.reason)
    else if (reply.kind === 'raw') this.#write(reply.bytes)
    else if (reply.kind === 'nack')
      this.#send(channel, 'basicNack', { deliveryTag, multiple: false, requeue: false })
    else if (reply.kind === 'hold' || reply.kind === 'returnAndHold') this.#script.hold(confirm)
    else this.#script.after(reply.kind === 'ack' ? (reply.afterMs ?? 0) : 0, confirm)
  }

  #giveBack({ exchange, routingKey, body, properties }: AmqpPublished, { code, text }: Reason): void {
    const header = encodeHeader(body.length, properties)
    this.#send(channel, 'basicReturn', { replyCode: code, replyText: text, exchange, routingKey })
    this.#write(encodeFrame({ type: frameType.header, channel, payload: header }))
    this.#write(encodeBody(channel, body, this.#frameMaxBytes))
  }

  #closeChannel({ code, text }: Reason): void {
    this.#send(channel, 'channelClose', { replyCode: code, replyText: text, classId: 60, methodId: 40 })
    this.#isClosed = true
  }

  #send<N extends MethodName>(to: number, name: N, args: ArgumentsOf<N>): void {
    this.#write(encodeFrame({ type: frameType.method, channel: to, payload: encodeMethod(name, args) }))
  }

  #write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }
}
