// The source contract, third part: Kafka is slow or stuck, and senders are not. What a source holds stays within the
// budget, so senders come to wait; and when Kafka takes messages again, all of them arrive.

import { tick } from '../../flows/harness/until.ts'
import type { SourceBehaviours } from '../source.ts'

const maxBytes = 1 << 20
const sentBytes = 64 << 20
const senders = 8
const noteBytes = 24_000
/** What the sockets of a connection may have taken without the source: on Linux about 4 MiB, if it reads slowly. */
const socketBytes = 6 << 20
const lookEveryMs = 100

export const pressureBehaviours: SourceBehaviours = {
  'while nothing can be appended no more is taken than the budget allows, and later all flows': {
    needs: ['taken'],
    run: async context => {
      const { t, store } = context
      await context.started({ maxBytes })
      const count = Math.ceil(sentBytes / noteBytes / senders)
      const note = 'x'.repeat(noteBytes)
      const ways = Array.from({ length: context.has('many connections') ? senders : 1 }, () =>
        context.sender()
      )
      const messages = ways.map((_, at) =>
        Array.from({ length: count }, () => context.message(`8620000000${at}`, note))
      )
      store.hold()
      const sending = ways.map((sender, at) => context.persist(sender, messages[at] ?? []))
      const takenBytes = () => ways.reduce((sum, sender) => sum + sender.takenBytes, 0)
      await context.until('something is to be appended', () => store.pendingMessages > 0)
      await untilStill(takenBytes)
      t.true(store.mostPendingBytes <= maxBytes, `${store.mostPendingBytes} bytes are to be appended`)
      const most = maxBytes + ways.length * socketBytes
      t.log(`${takenBytes()} of ${sentBytes} bytes were taken`)
      t.true(takenBytes() <= most, `${takenBytes()} bytes were taken`)
      t.deepEqual(context.acknowledged, [])
      store.release()
      await Promise.all(sending)
      t.is(store.ids.size, ways.length * count)
      t.true(store.mostPendingBytes <= maxBytes, `${store.mostPendingBytes} bytes were to be appended`)
    }
  }
}

/** Resolves once the number has not changed for a while. */
async function untilStill(number: () => number): Promise<void> {
  for (let same = 0, last = -1; same < 5; ) {
    await tick(lookEveryMs)
    same = number() === last ? same + 1 : 0
    last = number()
  }
}
