// A TCP listener for sources: so many connections at once and no more, idle ones closed if that is wished, and an end
// with a deadline. What is said on a connection is its session's.

import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'

/** One connection, as the protocol sees it. It closes its socket, and answers first what it has taken. */
export interface Session {
  /** Takes nothing new, and closes the socket once what it has taken is answered: at once, if that is nothing. */
  finish(): void
  /** The settings are others now: finishes if they do not let it go on. */
  renewed(): void
  /** Something that has come is not answered yet: the connection waits for us and not for its sender. */
  readonly isBusy: boolean
}

export interface ListenerLimits {
  /** Connections at once; those beyond it are closed as they come. */
  readonly maxConnections: number
  /** Closes a connection over which nothing has come for so long, or up to a quarter longer; 0 closes none. */
  readonly idleTimeoutMs: number
}

export interface ListenerOptions extends ListenerLimits {
  readonly clock: Clock
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Where it is configured. */
  readonly path: string
  /** Reads what comes on the socket; its errors are seen to. */
  serve(socket: Socket): Session
  /** A connection was one too many. */
  onCrowded(from: string): void
}

/** So that a sender that is gone without a word does not keep its place for ever. */
const tcpKeepAliveDelayMs = 60_000

export class Listener {
  readonly #options: ListenerOptions
  readonly #sessions = new Map<Socket, Session>()
  readonly #server: Server
  #limits: ListenerLimits
  /** Settles once nothing is open any more. */
  #closed: Promise<void> = Promise.resolve()

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#limits = options
    // A sender may close its half and wait for the answers to what it has sent.
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, socket => this.#welcome(socket))
    this.#server.on('drop', dropped => options.onCrowded(addressOf(dropped ?? {})))
    this.renew(options)
  }

  /** The port it listens on; 0 before start(). */
  get port(): number {
    // A TCP server has no other kind of address.
    return (this.#server.address() as AddressInfo | null)?.port ?? 0
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sessions.size
  }

  /** Rejects with `listen_failed`. May be called again after leave(). */
  async start(): Promise<void> {
    const { host, port, path } = this.#options
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error) =>
        reject(new FaultError('listen_failed', { path, detail: messageOf(cause), cause }))
      this.#server.once('error', failed)
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed)
        resolve()
      })
    })
    this.#server.on('error', () => {}) // a connection that could not be accepted: its sender tries again
  }

  /** Other limits from now on; connections that are open stay, unless their sessions are not to go on. */
  renew(limits: ListenerLimits): void {
    this.#limits = limits
    this.#server.maxConnections = limits.maxConnections
    for (const session of this.#sessions.values()) session.renewed()
  }

  /** Accepts nothing more, so that another may listen at this port; connections that are open stay. */
  leave(): void {
    if (this.#server.listening) this.#closed = new Promise(resolve => this.#server.close(() => resolve()))
  }

  /**
   * Accepts nothing more, lets the sessions finish, and cuts at the deadline what is left. When it is called again, the
   * earlier deadline counts.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.leave()
    const sockets = [...this.#sessions.keys()]
    const ended = sockets.map(socket => new Promise(resolve => socket.once('close', resolve)))
    for (const session of this.#sessions.values()) session.finish()
    const cancel = this.#options.clock.after(deadlineMs, () => {
      for (const socket of this.#sessions.keys()) socket.destroy()
    })
    await Promise.all([this.#closed, ...ended])
    cancel()
  }

  #welcome(socket: Socket): void {
    socket.setKeepAlive(true, tcpKeepAliveDelayMs)
    socket.on('error', () => {}) // a sender that goes away; `close` follows
    const session = this.#options.serve(socket)
    this.#sessions.set(socket, session)
    const stopWatching = this.#watch(socket, session)
    socket.once('end', () => session.finish())
    socket.once('close', () => {
      stopWatching()
      this.#sessions.delete(socket)
    })
  }

  #watch(socket: Socket, session: Session): () => void {
    const { clock } = this.#options
    const { idleTimeoutMs } = this.#limits
    if (idleTimeoutMs === 0) return () => {}
    let seenBytes = 0
    let lastMs = clock.now()
    const look = () => {
      if (socket.bytesRead > seenBytes || session.isBusy) lastMs = clock.now()
      seenBytes = socket.bytesRead
      if (clock.now() - lastMs >= idleTimeoutMs) session.finish()
      else cancel = clock.after(lookMs, look)
    }
    const lookMs = Math.max(1, Math.ceil(idleTimeoutMs / 4))
    let cancel = clock.after(lookMs, look)
    return () => cancel()
  }
}

/** For logs. An IPv4 sender is written as one, also where it reached an IPv6 listener. */
export function addressOf({ remoteAddress = 'unknown', remotePort = 0 }: Partial<Socket>): string {
  return `${remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')} port ${remotePort}`
}
