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
 * Whether it ends soon, and was not renewed when it should have been: two weeks are left, or of a life of less than eight weeks a
 * sixteenth, since what renews it by itself may do so when no more than a tenth is left.
 */
export function isNear({ endMs, lifeMs }: Validity, nowMs: number): boolean {
  const isShort = lifeMs !== null && lifeMs < 56 * dayMs
  return endMs - nowMs < (isShort ? lifeMs / 16 : 14 * dayMs)
}
