import { createRequire } from 'node:module'
import test from 'ava'
import { installTimerGuard } from '../../../../../connectors/kafka/log/kafkajs/timer-guard.ts'

// The guard's own view of the private class, as far as this test needs it.
interface Queue {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  destroy(): void
}
const require = createRequire(import.meta.url)
const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => Queue
const quiet = { debug() {}, warn() {} }

const newQueue = () => new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1000, logger: quiet })

test.serial('kafkajs still has the fault that the guard is for', t => {
  const queue = newQueue()
  queue.checkPendingRequests()
  t.truthy(queue.throttleCheckTimeoutId, 'drop the guard when kafkajs is mended')
  queue.destroy()
})

test.serial('an idle connection arms no timer under the guard', t => {
  installTimerGuard()
  installTimerGuard()
  const queue = newQueue()
  queue.checkPendingRequests()
  t.is(queue.throttleCheckTimeoutId, null)
  queue.throttledUntil = Date.now() + 60_000
  queue.checkPendingRequests()
  t.is(queue.throttleCheckTimeoutId, null)
})

test.serial('a request that has to wait for a throttle still arms the timer', t => {
  installTimerGuard()
  const queue = newQueue()
  queue.throttledUntil = Date.now() + 60_000
  queue.pending.push({})
  queue.checkPendingRequests()
  t.truthy(queue.throttleCheckTimeoutId)
  queue.destroy()
})
