// Opens the connections of one target, to addresses only that it may be connected to, with a time-out that fires on time
// (the client's own is coarse by up to a second), and knows them all, so that closing the target leaves none behind, also
// none that is still connecting.

import net from 'node:net'
import tls from 'node:tls'
import type { buildConnector } from 'undici'
import type { TlsConfig } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import type { AddressGuard } from '../../shared/address-guard.ts'
import { bareHost } from '../../shared/host.ts'
import { secureContext } from '../../shared/tls.ts'
import { type HttpProxy, proxyRefusal } from './proxy.ts'

const tcpKeepAliveDelayMs = 60_000

export interface ConnectionSettings {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly tls: TlsConfig | undefined
  readonly guard: AddressGuard
  /** The protocol to agree on over TLS (RFC 7301). */
  readonly protocol: 'http/1.1' | 'h2'
  readonly proxy: HttpProxy | null
}

/** What is on its way to a connection. */
interface Opening {
  destroy(error: Error): unknown
}

export class Connections {
  readonly #settings: ConnectionSettings
  readonly #secureContext: tls.SecureContext | undefined
  readonly #sockets = new Set<net.Socket>()

  /** Throws a FaultError `config_invalid` when a certificate or key cannot be used. */
  constructor(settings: ConnectionSettings) {
    this.#settings = settings
    this.#secureContext = settings.tls === undefined ? undefined : secureContext(settings.tls)
  }

  /** In the shape that undici wants: calls back once, with a connected socket or an error. */
  readonly connect: buildConnector.connector = (options, callback) => {
    this.#begin(options, callback)
  }

  /** Opens a connection and closes it again. Rejects with what prevents it, at once when the signal fires. */
  try({ protocol, host, hostname, port }: URL, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const opening = this.#begin({ protocol, host, hostname, port }, (...[error, socket]) => {
        signal.removeEventListener('abort', abort)
        socket?.destroy()
        if (error === null) resolve()
        else reject(error)
      })
      const abort = () =>
        opening.destroy(new FaultError('attempt_aborted', { detail: 'it did not connect yet' }))
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** A direct connection that is being opened, and tells by itself what becomes of it. */
  open({ protocol, host, hostname, port }: URL): net.Socket {
    return this.#open({ protocol, host, hostname, port }, () => {})
  }

  /** Resolves once every socket is closed. */
  async close(): Promise<void> {
    const open = [...this.#sockets]
    await Promise.all(open.map(socket => new Promise(resolve => socket.once('close', resolve).destroy())))
  }

  /** Opens a connection, which can be destroyed meanwhile; then, too, it calls back. */
  #begin(options: buildConnector.Options, callback: buildConnector.Callback): Opening {
    const { proxy } = this.#settings
    return proxy === null ? this.#open(options, callback) : this.#openThrough(proxy, options, callback)
  }

  #open(options: buildConnector.Options, callback: buildConnector.Callback): net.Socket {
    const { guard } = this.#settings
    const secure = options.protocol === 'https:'
    const to = { ...address(options), lookup: guard.lookup }
    const socket = secure ? this.#openTls(to) : net.connect(to)
    const refusal = guard.refusal(to.host)
    if (refusal !== null) socket.destroy(refusal)
    // First of all, so that nothing is written to a peer that is refused, not even the beginning of TLS.
    socket.prependOnceListener('connect', () => {
      const peer = guard.refusal(socket.remoteAddress ?? '')
      if (peer !== null) socket.destroy(peer)
    })
    this.#until(secure ? 'secureConnect' : 'connect', socket, callback)
    return socket
  }

  #openThrough(
    proxy: HttpProxy,
    options: buildConnector.Options,
    callback: buildConnector.Callback
  ): Opening {
    const to = address(options)
    const asking = proxy.ask(to)
    const refusal = this.#settings.guard.refusal(to.host)
    if (refusal !== null) asking.destroy(refusal)
    const settle = this.#inTime(asking, callback)
    asking
      .once('socket', socket => this.#keep(socket))
      .on('error', error => settle(error, null))
      .once('connect', ({ statusCode }, socket) => {
        if (statusCode !== 200) {
          socket.destroy()
          settle(proxyRefusal(statusCode), null)
        } else if (options.protocol !== 'https:') settle(null, socket.setNoDelay(true))
        else this.#until('secureConnect', this.#openTls({ ...to, socket }), (...result) => settle(...result))
      })
      .end()
    return asking
  }

  /** Calls back with the socket once `event` has come. */
  #until(event: 'connect' | 'secureConnect', socket: net.Socket, callback: buildConnector.Callback): void {
    const settle = this.#inTime(socket, callback)
    this.#keep(socket)
    socket
      .setNoDelay(true)
      .setKeepAlive(true, tcpKeepAliveDelayMs)
      .prependOnceListener('secureConnect', () => this.#checkProtocol(socket))
      .once(event, () => settle(null, socket))
      .on('error', error => settle(error, null))
      .once('close', () => settle(new Error('the connection was closed while it was being opened'), null))
  }

  /** Calls back once, and destroys what takes too long. */
  #inTime(opening: Opening, callback: buildConnector.Callback): buildConnector.Callback {
    const { clock, timeoutMs } = this.#settings
    const cancel = clock.after(timeoutMs, () => {
      opening.destroy(new FaultError('http_connect_timeout', { detail: `after ${timeoutMs} ms` }))
    })
    let waiting = true
    return (...result) => {
      cancel()
      if (waiting) callback(...result)
      waiting = false
    }
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  /** HTTP/1.1 needs no agreement. */
  #checkProtocol(socket: net.Socket): void {
    const isAgreed = socket instanceof tls.TLSSocket && socket.alpnProtocol === 'h2'
    if (this.#settings.protocol === 'http/1.1' || isAgreed) return
    const detail = 'it does not speak HTTP/2, which http2 asks for'
    socket.destroy(new FaultError('http_connect_failed', { detail }))
  }

  #openTls(to: tls.ConnectionOptions & { host: string }): tls.TLSSocket {
    const name = this.#settings.tls?.servername ?? (net.isIP(to.host) === 0 ? to.host : undefined)
    return tls.connect({
      ...to,
      minVersion: 'TLSv1.2',
      ALPNProtocols: [this.#settings.protocol],
      ...(name === undefined ? {} : { servername: name }),
      ...(this.#secureContext === undefined ? {} : { secureContext: this.#secureContext })
    })
  }
}

function address(options: buildConnector.Options): { host: string; port: number } {
  const standardPort = options.protocol === 'https:' ? 443 : 80
  return {
    host: bareHost(options.hostname),
    port: options.port === '' ? standardPort : Number(options.port)
  }
}
