// The bounds of the buckets of histograms.

/** From a millisecond to a minute. */
export const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Messages. */
export const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
