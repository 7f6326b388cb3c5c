// Room for the messages of one connection: a window of messages that are not settled, and the byte budget of the process.
// A message that is announced gets a share at once, or once there is room in both.

import type { BudgetShare, ByteBudget } from '../../byte-budget.ts'

export interface RoomParts {
  readonly budget: ByteBudget
  readonly maxInFlight: number
  /** There is room now for the message that had to wait. */
  readonly ready: () => void
}

export class Room {
  readonly #parts: RoomParts
  #unsettled = 0
  /** Of the message that is announced, until it has come. */
  #share: BudgetShare | null = null
  #neededBytes = 0
  #state: 'free' | 'windowFull' | 'inLine' | 'closed' = 'free'

  constructor(parts: RoomParts) {
    this.#parts = parts
  }

  /** Whether a message of so many bytes may be read now; if not, `ready` is called when it may. */
  admit(bytes: number): boolean {
    this.#share = this.#parts.budget.share()
    this.#neededBytes = bytes
    if (this.#unsettled >= this.#parts.maxInFlight) this.#state = 'windowFull'
    else return this.#getInLine(this.#share)
    return false
  }

  /** The message that was admitted has come; whoever gets the share releases it. */
  claim(): BudgetShare {
    const share = this.#share ?? this.#parts.budget.share()
    this.#share = null
    this.#unsettled++
    return share
  }

  /** So many messages are settled. */
  settle(messages: number): void {
    this.#unsettled -= messages
    if (this.#state !== 'windowFull' || this.#share === null || this.#unsettled >= this.#parts.maxInFlight)
      return
    if (this.#getInLine(this.#share)) this.#parts.ready()
  }

  /** Waits for nothing any more, and gives back what was kept for a message that will not come. */
  close(): void {
    this.#state = 'closed'
    this.#share?.release()
    this.#share = null
  }

  /** Whether it need not wait. */
  #getInLine(share: BudgetShare): boolean {
    const isFree = share.reserveNow(this.#neededBytes)
    this.#state = isFree ? 'free' : 'inLine'
    if (isFree) return true
    share.reserve(this.#neededBytes).then(
      () => {
        if (this.#state !== 'inLine') return
        this.#state = 'free'
        this.#parts.ready()
      },
      () => {} // it left the line, as the connection has ended
    )
    return false
  }
}
