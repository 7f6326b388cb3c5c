// kafkajs 2.2.4 re-arms a 1 ms timer on every used connection although nothing waits for it (its issues 1556 and
// 1704): a thousand idle groups saturate a core, and Node 24 warns of negative timeouts. This replaces the one
// method at fault. It reaches into a private module, hence the exact pin of kafkajs and the check of what is there.

import { createRequire } from 'node:module'
import { FaultError } from '../../../../schemas/errors.ts'

/** What the guard relies on in kafkajs/src/network/requestQueue. */
interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

const guarded = Symbol.for('tailrace.timer-guard')

/** Makes idle connections of kafkajs free of timers. Idempotent. Throws `internal` under another kafkajs. */
export function installTimerGuard(): void {
  const prototype = requestQueuePrototype()
  const original = prototype.scheduleCheckPendingRequests
  if (guarded in original) return
  // Throttling needs no timer of its own: a request that has to wait for its end is pending, and push() comes here.
  const replacement = function (this: RequestQueue): void {
    if (this.pending.length > 0) original.call(this)
  }
  prototype.scheduleCheckPendingRequests = Object.assign(replacement, { [guarded]: true })
}

function requestQueuePrototype(): RequestQueue {
  const require = createRequire(import.meta.url)
  // kafkajs publishes no types for its private modules; the shape is checked below.
  const queue = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const { version } = require('kafkajs/package.json') as { version: string }
  if (version !== '2.2.4' || typeof queue.prototype?.scheduleCheckPendingRequests !== 'function') {
    throw new FaultError('internal', { detail: `kafkajs ${version} is not the 2.2.4 that this is made for` })
  }
  return queue.prototype
}
