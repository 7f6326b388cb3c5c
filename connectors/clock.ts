// Time and chance as an injected collaborator, so that tests can move time themselves and replay a seed.

export interface Clock {
  /** Unix time in milliseconds. */
  now(): number
  /** Calls `fn` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, fn: () => void): () => void
  /** A random number in [0, 1). */
  random(): number
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs)
    return () => clearTimeout(timer)
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
