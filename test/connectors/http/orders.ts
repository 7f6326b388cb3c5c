// The orders of the suite of targets as replies of a double that speaks HTTP: what is ordered while a request waits for
// its answer does not concern it.

import { pauseFor, systemClock } from '../../../connectors/clock.ts'
import type { Received, Reply } from '../../../connectors/http/double.ts'
import type { Ordered } from '../../conformance/target/ordered.ts'
import type { Order } from '../../conformance/target.ts'

export interface Following {
  readonly ordered: Ordered
  /** The messages of a request, each in its bytes. */
  messagesIn(request: Received): Buffer[]
  /** What the order means for this request, its messages counted in `sinceOrder`. */
  replyTo(request: Received, order: Order, sinceOrder: number): Reply
}

/** What a double is told so that it follows. */
export function following({ ordered, messagesIn, replyTo }: Following) {
  /** What was in force when a request came. */
  const orders = new WeakMap<Received, Order>()
  return {
    ledger: async (request: Received) => {
      const { order } = ordered
      ordered.received(...messagesIn(request))
      orders.set(request, order)
      if (order.kind === 'confirm' && order.afterMs !== undefined) await pauseFor(systemClock, order.afterMs)
    },
    reply: (request: Received): Reply => {
      const reply = replyTo(request, orders.get(request) ?? ordered.order, ordered.sinceOrder)
      if (reply.kind === 'reset') ordered.begin()
      if (reply.kind === 'answer' && reply.status === 200) ordered.confirmed(...messagesIn(request))
      return reply
    }
  }
}
