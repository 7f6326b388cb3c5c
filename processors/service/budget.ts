// Divides the memory budget of the process among its streams: a quarter for what fetches may bring, as every stream
// can have two responses of every broker in memory at once, one that is handed over and the next, fetched ahead; a
// quarter for what waits to be delivered. The other half is for what exists twice for a while: a response is copied
// apart, messages are copied into requests, and garbage waits for its collector. Invariant 5

const kib = 1024
const smallestFetchBytes = 64 * kib
const largestFetchBytes = 4096 * kib
const fetchesPerBroker = 2

export interface BudgetRequest {
  /** The budget of the process. */
  readonly maxBytes: number
  readonly streams: number
  readonly brokers: number
}

export interface StreamBudget {
  /** Upper bound of one fetch response. */
  readonly maxFetchBytes: number
  /** Bytes of pending messages at which a stream stops reading. */
  readonly windowBytes: number
  /** What the budget of the process would have to be at least; more than it is where too many streams share it. */
  readonly neededBytes: number
}

/** The share of each stream. Never below what a stream needs to get on, so a small budget may be overdrawn. */
export function divideBudget({ maxBytes, streams, brokers }: BudgetRequest): StreamBudget {
  const quarter = maxBytes / 4
  const fetches = fetchesPerBroker * Math.max(1, streams) * Math.max(1, brokers)
  return {
    maxFetchBytes: clamp(Math.floor(quarter / fetches), smallestFetchBytes, largestFetchBytes),
    windowBytes: Math.max(smallestFetchBytes, Math.floor(quarter / Math.max(1, streams))),
    neededBytes: 4 * fetches * smallestFetchBytes
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
