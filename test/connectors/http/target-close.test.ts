// Closing a target, in a process of its own, so that whatever is still open must be the target's.

import test from 'ava'
import { deliverOne, doubleWith, targetAt, until } from './harness.ts'

test('close leaves no socket and no timer, also of a connection that is still being opened', async t => {
  const timeouts = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const { double } = await doubleWith(t, { kind: 'answer', status: 200 })
  const target = targetAt(t, double.url)
  await Promise.all([deliverOne(target), deliverOne(target)])
  t.is(double.connections, 2)
  const controller = new AbortController()
  const opening = deliverOne(target, ['{}'], controller.signal)
  controller.abort()
  await opening
  await target.close()
  await until(() => double.connections === 0)
  await double.stop()
  const count = (what: RegExp) => process.getActiveResourcesInfo().filter(name => what.test(name)).length
  await until(() => count(/TCP|TLS/) === 0)
  t.true(count(/Timeout/) <= timeouts)
})
