// Channel credentials of gRPC that keep an eye on the sockets they are used for: gRPC goes on with a TLS handshake after its
// channel was closed, leaves connections to end by themselves, and tells of a failed handshake the words only.

import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { ChannelCredentials, credentials } from '@grpc/grpc-js'

type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>
type ConnectorOptions = Parameters<ChannelCredentials['_createSecureConnector']>

export class WatchedCredentials extends ChannelCredentials {
  readonly #inner: ChannelCredentials
  readonly #sockets = new Set<Socket>()
  #isClosed = false
  #error: unknown

  /** Without a context, without TLS. */
  constructor(secureContext: SecureContext | null) {
    super()
    this.#inner =
      secureContext === null
        ? credentials.createInsecure()
        : credentials.createFromSecureContext(secureContext)
  }

  /** With what the last handshake failed. */
  get error(): unknown {
    return this.#error
  }

  /** Ends all connections at once. */
  destroy(): void {
    this.#isClosed = true
    for (const socket of this.#sockets) socket.destroy()
  }

  _isSecure(): boolean {
    return this.#inner._isSecure()
  }

  _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  _createSecureConnector(...options: ConnectorOptions): SecureConnector {
    const connector = this.#inner._createSecureConnector(...options)
    return {
      connect: async socket => {
        this.#watch(socket)
        try {
          const connected = await connector.connect(socket)
          this.#watch(connected.socket)
          return connected
        } catch (error) {
          this.#error = error
          throw error
        }
      },
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      destroy: () => connector.destroy()
    }
  }

  #watch(socket: Socket): void {
    if (this.#isClosed) socket.destroy()
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
