// Waiting for a state, for the flows: looked at every few milliseconds, given up with a sentence that says what was
// waited for. A wait that depends on how fast the machine is gives up only once nothing moves any more.

const lookEveryMs = 20

/** Resolves once `state` holds; rejects after `limitMs`. */
export async function until(
  what: string,
  state: () => boolean | Promise<boolean>,
  limitMs = 60_000
): Promise<void> {
  const endMs = Date.now() + limitMs
  while (!(await state())) {
    if (Date.now() > endMs) throw new Error(`${what}: not so after ${limitMs / 1000} s`)
    await tick(lookEveryMs)
  }
}

/** Resolves once `left()` is 0, or with what is left after it has not fallen for `patienceMs`. */
export async function untilNoneIsLeft(left: () => number, patienceMs = 45_000): Promise<number> {
  let least = left()
  let endMs = Date.now() + patienceMs
  while (least > 0 && Date.now() < endMs) {
    await tick(lookEveryMs)
    const now = left()
    if (now < least) endMs = Date.now() + patienceMs
    least = Math.min(least, now)
  }
  return least
}

/** Resolves at a time of performance.now(), at once when it is past. */
export async function tickUntil(dueMs: number): Promise<void> {
  const leftMs = dueMs - performance.now()
  if (leftMs > 0) await tick(leftMs)
}

/** The pace of loops in the harness; never a way to wait for something. */
export function tick(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
