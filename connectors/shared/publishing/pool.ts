// The connections of a target, at most so many at a time. A device keeps its own while it has messages; when another
// needs a place, the one that has been idle for longest gives way. Who finds no place waits in line, and the line is
// served in order: a place that becomes free goes to the first in it, so nobody starves. A device that holds a place
// never waits for another, so nothing can lock up.

import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { abortFault } from '../abort.ts'

/** A connection of one device. */
export interface Pooled {
  readonly ident: string
  /** It stands, nothing is on its way on it, and it may be used again. */
  readonly isIdle: boolean
  /** Resolves when it has ended in whatever way. */
  readonly closed: Promise<void>
  /** Ends it; what is on its way ends with it. */
  destroy(): void
}

export interface PoolSettings<P extends Pooled> {
  readonly clock: Clock
  readonly connections: number
  readonly idleMs: number
  /** The connection of a device, which is not open yet. */
  create(ident: string): P
}

interface Place<P> {
  readonly session: P
  isUsed: boolean
  cancelTimer: () => void
}

interface Waiting<P> {
  readonly ident: string
  grant(session: P): void
  refuse(fault: FaultError): void
}

export class Pool<P extends Pooled> {
  readonly #settings: PoolSettings<P>
  /** By device; those that are idle in the order in which they became so. */
  readonly #places = new Map<string, Place<P>>()
  /** Connections that have ended and are not closed yet: their places are not free. */
  readonly #closing = new Set<P>()
  readonly #line = new Set<Waiting<P>>()
  #isClosed = false

  constructor(settings: PoolSettings<P>) {
    this.#settings = settings
  }

  /** Connections that are open, or on their way to be or not to be. */
  get size(): number {
    return this.#places.size + this.#closing.size
  }

  /**
   * A connection of the device that is open, for the caller alone until release(); `open` opens a new one. Rejects with what
   * that rejects with, or a FaultError: then nothing was sent, and there is nothing to release.
   */
  async acquire(ident: string, signal: AbortSignal, open: (session: P) => Promise<void>): Promise<P> {
    const session = await this.#place(ident, signal)
    if (session.isIdle) return session
    try {
      await open(session)
      return session
    } catch (error) {
      this.release(session)
      throw error
    }
  }

  /** Ends the use of a connection; one that failed leaves its place. */
  release(session: P): void {
    const place = this.#places.get(session.ident)
    if (place?.session !== session) return
    if (session.isIdle) {
      this.#places.delete(session.ident)
      this.#places.set(session.ident, place)
      place.isUsed = false
      place.cancelTimer = this.#settings.clock.after(this.#settings.idleMs, () => this.#end(place))
    } else this.#end(place)
    this.#serve()
  }

  /** Ends all connections and the wait for one, and resolves once every socket is closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const waiting of this.#line) waiting.refuse(new FaultError('attempt_aborted'))
    for (const place of this.#places.values()) this.#end(place)
    await Promise.all([...this.#closing].map(session => session.closed))
  }

  #place(ident: string, signal: AbortSignal): Promise<P> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#line.delete(waiting)
        signal.removeEventListener('abort', abort)
      }
      const refuse = (fault: FaultError) => {
        leave()
        reject(fault)
      }
      const abort = () => refuse(abortFault(signal))
      const grant = (session: P) => {
        leave()
        resolve(session)
      }
      const waiting: Waiting<P> = { ident, grant, refuse }
      if (signal.aborted) abort()
      else if (this.#isClosed) refuse(new FaultError('attempt_aborted'))
      else {
        signal.addEventListener('abort', abort, { once: true })
        this.#line.add(waiting)
        this.#serve()
      }
    })
  }

  /** Grants what can be granted, and makes room for the others. */
  #serve(): void {
    /** For so many in the line a place becomes free already. */
    let coming = this.#closing.size
    for (const waiting of this.#line) {
      const own = this.#ownOf(waiting.ident)
      if (own !== undefined) {
        if (!own.isUsed) this.#use(own, waiting)
      } else if (this.size < this.#settings.connections) this.#use(this.#create(waiting.ident), waiting)
      else if (coming > 0) coming--
      else this.#endOldest()
    }
  }

  /** The place of a device, unless the receiver has just hung up there. */
  #ownOf(ident: string): Place<P> | undefined {
    const own = this.#places.get(ident)
    if (own === undefined || own.isUsed || own.session.isIdle) return own
    this.#end(own)
    return undefined
  }

  #use(place: Place<P>, waiting: Waiting<P>): void {
    place.isUsed = true
    place.cancelTimer()
    waiting.grant(place.session)
  }

  #create(ident: string): Place<P> {
    const place: Place<P> = { session: this.#settings.create(ident), isUsed: true, cancelTimer: () => {} }
    this.#places.set(ident, place)
    void place.session.closed.then(() => {
      this.#end(place) // the receiver hung up on an idle one
      this.#closing.delete(place.session)
      if (!this.#isClosed) this.#serve()
    })
    return place
  }

  #endOldest(): void {
    for (const place of this.#places.values()) {
      if (place.isUsed) continue
      this.#end(place)
      return
    }
  }

  #end(place: Place<P>): void {
    const { session } = place
    place.cancelTimer()
    if (this.#places.get(session.ident) !== place) return
    this.#places.delete(session.ident)
    this.#closing.add(session)
    session.destroy()
  }
}
