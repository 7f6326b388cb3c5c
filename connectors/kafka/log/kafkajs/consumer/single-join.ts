// kafkajs 2.2.4 joins its group from each of its fetchers, one for every broker (consumerGroup.js recoverFromFetch). When
// partitions of several brokers move, their joins run side by side: they overwrite each other's generation, and the
// later one ends a membership whose work has begun again, without a drain. Here they all become one join. This
// reaches into a private module, hence the exact pin of kafkajs and the check of what is there.

import { createRequire } from 'node:module'
import { FaultError } from '../../../../../schemas/errors.ts'

/** What this relies on in kafkajs/src/consumer/consumerGroup. */
interface ConsumerGroup {
  joinAndSync(): Promise<void>
}

const single = Symbol.for('tailrace.single-join')

/** Lets a consumer that is joining already join no second time. Idempotent. Throws `internal` under another kafkajs. */
export function installSingleJoin(): void {
  const prototype = consumerGroupPrototype()
  const original = prototype.joinAndSync
  if (single in original) return
  const running = new WeakMap<ConsumerGroup, Promise<void>>()
  const replacement = function (this: ConsumerGroup): Promise<void> {
    const join = running.get(this) ?? original.call(this).finally(() => running.delete(this))
    running.set(this, join)
    return join
  }
  prototype.joinAndSync = Object.assign(replacement, { [single]: true })
}

function consumerGroupPrototype(): ConsumerGroup {
  const require = createRequire(import.meta.url)
  // kafkajs publishes no types for its private modules; the shape is checked below.
  const group = require('kafkajs/src/consumer/consumerGroup') as { prototype: ConsumerGroup }
  if (typeof group.prototype?.joinAndSync !== 'function')
    throw new FaultError('internal', { detail: 'kafkajs has changed' })
  return group.prototype
}
