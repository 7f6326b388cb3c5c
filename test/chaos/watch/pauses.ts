// Whether the event loop of this process stands still: a timer that is due every now and then tells how late it is. On a
// machine that is short of processors a whole process may get none for seconds, which nothing in it can mend.

const everyMs = 250
/** Half of the session that Kafka grants a member: beside a drain, that may already cost the membership. */
const longMs = 4_000

/** Of the log lines, the one that tells of a pause of a Tailrace process (tell-pauses.ts). */
export const pausedEvent = 'event_loop_paused'

/** Calls `told` after every long pause with its length, until the returned function is called. */
export function watchPauses(told: (pausedMs: number) => void): () => void {
  let dueMs = performance.now() + everyMs
  const timer = setInterval(() => {
    const lateMs = Math.round(performance.now() - dueMs)
    dueMs = performance.now() + everyMs
    if (lateMs > longMs) told(lateMs)
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
