// Imported into a Tailrace process whose memory is watched: now and then, by default every second, it collects all garbage and tells on standard
// error what is left, which is what the process holds. Needs --expose-gc. What is resident tells the same only after
// many minutes: V8 collects little at rest, and freed memory stays with the allocator, where growth can hide.

/** The collection takes some ten milliseconds, which are long where latencies are measured. */
const everyMs = Number(process.env.TAILRACE_HELD_EVERY_MS ?? 1_000)

/** Of the log lines, the one that the harness keeps out of the log. */
export const heldEvent = 'memory_held'

if (globalThis.gc !== undefined) setInterval(tell, everyMs).unref()

function tell(): void {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage() // buffers count as external
  process.stderr.write(`${JSON.stringify({ event: heldEvent, heldMb: (heapUsed + external) / 2 ** 20 })}\n`)
}
