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
import { secureContext } from '../../shared/tls.ts'

const tcpKeepAliveDelayMs = 60_000

export interface ConnectionSettings {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly tls: TlsConfig | undefined
  readonly guard: AddressGuard
  /** The protocol to agree on over TLS (RFC 7301). */
  readonly protocol: 'http/1.1' | 'h2'
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
    this.#open(options, callback)
  }

  /** Opens a connection and closes it again. Rejects with what prevents it, at once when the signal fires. */
  try({ protocol, host, hostname, port }: URL, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#open({ protocol, host, hostname, port }, (...[error]) => {
        signal.removeEventListener('abort', abort)
        socket.destroy()
        if (error === null) resolve()
        else reject(error)
      })
      const abort = () =>
        socket.destroy(new FaultError('attempt_aborted', { detail: 'it did not connect yet' }))
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** A connection that is being opened, and tells by itself what becomes of it. */
  open({ protocol, host, hostname, port }: URL): net.Socket {
    return this.#open({ protocol, host, hostname, port }, () => {})
  }

  #open(options: buildConnector.Options, callback: buildConnector.Callback): net.Socket {
    const secure = options.protocol === 'https:'
    const { clock, timeoutMs, guard } = this.#settings
    const to = { ...address(options), lookup: guard.lookup }
    const socket = secure ? this.#openTls(to) : net.connect(to)
    this.#sockets.add(socket)
    const refusal = guard.refusal(to.host)
    if (refusal !== null) socket.destroy(refusal)
    const cancel = clock.after(timeoutMs, () => {
      socket.destroy(new FaultError('http_connect_timeout', { detail: `after ${timeoutMs} ms` }))
    })
    let waiting = true
    const settle = (report: () => void) => {
      cancel()
      if (waiting) report()
      waiting = false
    }
    socket
      // First of all, so that nothing is written to a peer that is refused, not even the beginning of TLS.
      .prependOnceListener('connect', () => {
        const peer = guard.refusal(socket.remoteAddress ?? '')
        if (peer !== null) socket.destroy(peer)
      })
      .setNoDelay(true)
      .setKeepAlive(true, tcpKeepAliveDelayMs)
      .once(secure ? 'secureConnect' : 'connect', () => settle(() => callback(null, socket)))
      .prependOnceListener('secureConnect', () => this.#checkProtocol(socket))
      .on('error', error => settle(() => callback(error, null)))
      .once('close', () => {
        this.#sockets.delete(socket)
        settle(() => callback(new Error('the connection was closed while it was being opened'), null))
      })
    return socket
  }

  /** HTTP/1.1 needs no agreement. */
  #checkProtocol(socket: net.Socket): void {
    const isAgreed = socket instanceof tls.TLSSocket && socket.alpnProtocol === 'h2'
    if (this.#settings.protocol === 'http/1.1' || isAgreed) return
    const detail = 'it does not speak HTTP/2, which http2 asks for'
    socket.destroy(new FaultError('http_connect_failed', { detail }))
  }

  /** Resolves once every socket is closed. */
  async close(): Promise<void> {
    const open = [...this.#sockets]
    await Promise.all(open.map(socket => new Promise(resolve => socket.once('close', resolve).destroy())))
  }

  #openTls(to: net.TcpNetConnectOpts & { host: string }): tls.TLSSocket {
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
    host: options.hostname.replace(/^\[|\]$/g, ''),
    port: options.port === '' ? standardPort : Number(options.port)
  }
}
