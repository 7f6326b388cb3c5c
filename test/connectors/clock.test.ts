import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import test from 'ava'
import { systemClock } from '../../connectors/clock.ts'

const stallMs = 50

test('a process that was held up reads what came meanwhile before a timer runs', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1') // it listens on a port
  const [far] = (await accepted) as [Socket] // as the event says
  t.teardown(() => {
    near.destroy()
    server.close()
  })
  const order: string[] = []
  near.once('data', () => order.push('answer'))
  await new Promise<void>(resolve => {
    systemClock.after(stallMs / 2, () => {
      order.push('timer')
      resolve()
    })
    far.write('x')
    const endMs = Date.now() + stallMs
    while (Date.now() < endMs); // nothing else runs
  })
  t.deepEqual(order, ['answer', 'timer'])
})

test('a timer that is due can still be cancelled by what runs first', async t => {
  const ran: string[] = []
  let cancel = () => {}
  systemClock.after(1, () => {
    ran.push('first')
    cancel()
  })
  cancel = systemClock.after(1, () => ran.push('cancelled'))
  await new Promise<void>(resolve => {
    systemClock.after(2, resolve)
  })
  t.deepEqual(ran, ['first'])
})
