// Time and chance as an injected collaborator, so that tests can move time themselves and replay a seed.

export interface Clock {
  /** Unix time in milliseconds. */
  now(): number
  /** Calls `fn` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, fn: () => void): () => void
  /** A random number in [0, 1). */
  random(): number
}

/**
 * The clock of the machine. A process that was held up finds its timers due beside everything that came meanwhile; it
 * reads that first, so that an answer that was in time is not taken for missing.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fn) {
    let due: NodeJS.Immediate | undefined
    const timer = setTimeout(() => {
      due = setImmediate(fn) // runs once Node has polled its sockets
    }, delayMs)
    return () => {
      clearTimeout(timer)
      clearImmediate(due)
    }
  },
  random: () => Math.random()
}

/** Calls `fn` every `intervalMs` until the returned function is called. */
export function every(clock: Clock, intervalMs: number, fn: () => void): () => void {
  let cancel = () => {}
  const schedule = () => {
    cancel = clock.after(intervalMs, () => {
      schedule()
      fn()
    })
  }
  schedule()
  return () => cancel()
}

/** Resolves after `delayMs`, or at once when `signal` fires. Never rejects. */
export function pauseFor(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(delayMs, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

export interface Limit {
  readonly limitMs: number
  /** Ends the waiting, too. */
  readonly signal?: AbortSignal
}

/** Resolves when `work` has settled, after `limitMs`, or at once when `signal` fires. Never rejects; the work itself goes on. */
export function settledWithin(
  clock: Clock,
  work: Promise<unknown>,
  { limitMs, signal }: Limit
): Promise<void> {
  const settled = new AbortController()
  const end = () => settled.abort()
  work.then(end, end)
  const either = signal === undefined ? settled.signal : AbortSignal.any([settled.signal, signal])
  return pauseFor(clock, limitMs, either)
}
