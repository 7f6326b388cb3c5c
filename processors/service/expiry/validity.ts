// For how long something is of use that ends, and when people are told of it: what is made for hours is renewed by whatever makes
// it, long before a person would look.

const dayMs = 86_400_000

export interface Validity {
  /** Unix ms. */
  readonly endMs: number
  /** From its beginning to its end; null where it does not tell when it began. */
  readonly lifeMs: number | null
}

/**
 * Whether it ends soon, and was not renewed when it should have been: two weeks are left, or of a shorter life a quarter, since what
 * renews by itself does so with half or a third of it left.
 */
export function isNear({ endMs, lifeMs }: Validity, nowMs: number): boolean {
  return endMs - nowMs < Math.min(14 * dayMs, (lifeMs ?? Number.POSITIVE_INFINITY) / 4)
}
