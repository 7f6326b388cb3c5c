// The target contract, fourth part: many messages. Every device's arrive in order, whatever happens to the connection;
// the window is used as far as the target says; and a hundred reconnects leave the memory as it was.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Message, Target } from '../../../connectors/connector.ts'
import { tick } from '../../flows/harness/until.ts'
import { byDevice } from '../fleet.ts'
import type { Behaviours, Double } from '../target.ts'
import type { TargetCase } from '../target-case.ts'

/** What a hundred reconnects may leave: a few objects that are freed later, but not a buffer or socket for each. */
const maxGrowthBytes = 300_000

export const orderBehaviours: Behaviours = {
  'as many batches as it says are on their way at the same time': {
    needs: ['window', 'late'],
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      double.order({ kind: 'confirm', afterMs: 500 })
      const batches = Math.min(4, target.limits.batchesInFlight)
      context.t.true(batches > 1, 'a window of one batch belongs in lacks')
      const attempts = Array.from({ length: batches }, () => context.deliver(target, context.messages(2)))
      await context.until('all have arrived', () => double.received().length === 2 * batches)
      context.t.deepEqual(double.confirmed(), [], 'one waited for another')
      const outcomes = (await Promise.all(attempts)).flat()
      context.t.true(outcomes.every(({ kind }) => kind === 'delivered'))
    }
  },

  'ten thousand messages of fifty devices arrive once each, and each device in order': {
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const messages = context.messages(10_000, { devices: 50 })
      await deliverAll(context, target, { messages, size: 100 })
      const arrived = context.ids(double.received())
      context.t.is(arrived.length, messages.length)
      context.t.deepEqual(byDevice(arrived), byDevice(context.idsOf(messages)))
    }
  },

  'while the connection is cut ten times nothing is lost, and first arrivals stay in order': {
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const messages = context.messages(2_000, { devices: 20 })
      if (context.has('late')) double.order({ kind: 'confirm', afterMs: 5 })
      let isRunning = true
      const delivery = deliverAll(context, target, { messages, size: 10 }).finally(() => {
        isRunning = false
      })
      const cuts = await cutAtEvery(150, double, () => isRunning)
      await delivery
      context.t.true(cuts >= 10, `only ${cuts} cuts`)
      const firsts = [...new Set(context.ids(double.received()))]
      context.t.deepEqual(byDevice(firsts), byDevice(context.idsOf(messages)))
    }
  },

  'a hundred reconnects leave the memory and the connections as they were': {
    run: async context => {
      const double = await context.double()
      const target = await context.opened(double)
      const reconnect = async (times: number) => {
        for (let count = 0; count < times; count++) {
          await context.persist(target, context.messages(1))
          double.cut()
          await context.until('the connection is cut', () => double.connections === 0)
        }
      }
      await reconnect(30)
      // What is left for good is left every time; what the engine of JavaScript sets up by the way, only once.
      let grownBytes = maxGrowthBytes
      for (let round = 0; round < 3 && grownBytes >= maxGrowthBytes; round++) {
        const beforeBytes = liveBytes()
        await reconnect(100)
        grownBytes = liveBytes() - beforeBytes
        context.t.log(`${grownBytes} bytes more after a hundred reconnects`)
      }
      context.t.true(grownBytes < maxGrowthBytes)
      await context.persist(target, context.messages(1))
      context.t.true(double.connections <= 1)
    }
  }
}

/** Delivers all, in as many batches at a time as the target allows; a device is in one of them at a time. */
async function deliverAll(
  context: TargetCase,
  target: Target,
  { messages, size }: { messages: readonly Message[]; size: number }
): Promise<void> {
  const batches = Math.min(8, target.limits.batchesInFlight)
  const inBatch = Math.min(size, target.limits.maxMessages)
  const devices = [...new Set(messages.map(message => message.key()))]
  const ways = Array.from({ length: batches }, (_, way) => {
    const own = new Set(devices.filter((_, at) => at % batches === way))
    return messages.filter(message => own.has(message.key()))
  })
  const deliverWay = async (way: readonly Message[]) => {
    for (let at = 0; at < way.length; at += inBatch) {
      await context.persist(target, way.slice(at, at + inBatch))
    }
  }
  await Promise.all(ways.map(deliverWay))
}

/** Cuts the connections whenever so many more messages have arrived; says how often. */
async function cutAtEvery(messages: number, double: Double, isRunning: () => boolean): Promise<number> {
  let cuts = 0
  while (isRunning()) {
    if (double.received().length >= (cuts + 1) * messages) {
      double.cut()
      cuts++
    }
    await tick(1)
  }
  return cuts
}

/** What is reachable on the heap and outside of it. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
