// The first process of a container: the kernel gives it no signal that it does not listen to, so a SIGTERM while it loads
// its code would be lost, and the container killed only after its whole grace period.

const numbers = { SIGINT: 2, SIGTERM: 15 } as const

/** The part of Node's `process` that this needs. */
export interface FirstHost {
  readonly pid: number
  on(signal: string, listener: () => void): unknown
  listenerCount(signal: string): number
  exit(code: number): void
}

/** Ends the first process at a signal, as other processes end, for as long as nobody else listens to that signal. */
export function endAtSignals(host: FirstHost): void {
  if (host.pid !== 1) return
  for (const [signal, number] of Object.entries(numbers))
    host.on(signal, () => {
      if (host.listenerCount(signal) === 1) host.exit(128 + number)
    })
}
