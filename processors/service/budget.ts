// Divides the memory budget of the process among its streams: one half for what a fetch may bring, as every stream
// can have one response of every broker in memory at once, the other half for what waits to be delivered. Invariant 5

const kib = 1024
const smallestFetchBytes = 64 * kib
const largestFetchBytes = 4096 * kib

export interface BudgetRequest {
  /** The budget of the process. */
  readonly maxBytes: number
  readonly streams: number
  readonly brokers: number
}

export interface StreamBudget {
  /** Upper bound of one fetch response per broker. */
  readonly maxFetchBytes: number
  /** Bytes of pending messages at which a stream stops reading. */
  readonly windowBytes: number
  /** What the budget of the process would have to be at least; more than it is where too many streams share it. */
  readonly neededBytes: number
}

/** The share of each stream. Never below what a stream needs to get on, so a small budget may be overdrawn. */
export function divideBudget({ maxBytes, streams, brokers }: BudgetRequest): StreamBudget {
  const half = maxBytes / 2
  const fetches = Math.max(1, streams) * Math.max(1, brokers)
  return {
    maxFetchBytes: clamp(Math.floor(half / fetches), smallestFetchBytes, largestFetchBytes),
    windowBytes: Math.max(smallestFetchBytes, Math.floor(half / Math.max(1, streams))),
    neededBytes: 2 * fetches * smallestFetchBytes
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
