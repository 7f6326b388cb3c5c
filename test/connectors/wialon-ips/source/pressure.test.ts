// More than there is room for: what is held stays within the budget, and all of it is taken in the end.

import { deflateSync } from 'node:zlib'
import test from 'ava'
import { loginPacket } from '../../../../connectors/wialon-ips/codec/login.ts'
import { checkedPacket } from '../../../../connectors/wialon-ips/codec/packet.ts'
import { until } from '../../../flows/harness/until.ts'
import { compressedLine } from '../codec/generate.ts'
import { startSource } from './harness.ts'

const maxBytes = 2 << 20
const devices = 60
/** What a message takes beside its bytes, as measured. */
const objectBytes = 400
const record = '141123;221320;5544.6025;N;03739.6834;E;54;326;106;11'
const box = checkedPacket('B', `${record}|`.repeat(400))

for (const [title, packet] of [
  ['as they are', box],
  ['compressed', compressedLine(deflateSync(box))]
] as const) {
  test.serial(
    `sixty devices with black boxes ${title}, and Kafka is stuck: the budget holds, and all flows later`,
    async t => {
      let open: () => void = () => {}
      const gate = new Promise<void>(resolve => {
        open = resolve
      })
      let pendingBytes = 0
      let mostPendingBytes = 0
      const { device, budget, stored } = await startSource(t, {
        maxBytes,
        append: async messages => {
          const bytes = messages.reduce((sum, { value }) => sum + value.length, 0)
          pendingBytes += bytes
          mostPendingBytes = Math.max(mostPendingBytes, pendingBytes)
          await gate
          pendingBytes -= bytes
        }
      })
      const all = Array.from({ length: devices }, () => device())
      await Promise.all(all.map((one, at) => one.ask(loginPacket('2.0', `${at}`, null))))
      const answers = all.map(one => one.ask(packet))
      await until(
        'all is sent, and some is to be appended',
        () => pendingBytes > 0 && all.every(one => one.socket.writableLength === 0)
      )
      t.true(budget.usedBytes <= maxBytes, `${budget.usedBytes} bytes are used`)
      open()
      t.deepEqual(new Set(await Promise.all(answers)), new Set(['#AB#400']))
      t.is(stored.length, devices * 400)
      t.true(mostPendingBytes <= maxBytes, `${mostPendingBytes} bytes were to be appended`)
      t.is(budget.usedBytes, 0)
    }
  )
}

test.serial('packets that have begun and do not go on keep no room from others for ever', async t => {
  const { device, budget, refused } = await startSource(t, { maxBytes, settings: { packetTimeoutMs: 300 } })
  const slow = Array.from({ length: 20 }, () => device())
  await Promise.all(slow.map((one, at) => one.ask(loginPacket('2.0', `${at}`, null))))
  for (const one of slow) one.say(box.slice(0, -10))
  const fast = device()
  await fast.ask(loginPacket('2.0', 'fast', null))
  t.is(await fast.ask(box), '#AB#400')
  await Promise.all(slow.map(one => one.closed()))
  t.is(budget.usedBytes, 0)
  t.deepEqual(new Set(refused), new Set(['wialon_ips_packet_timeout']))
})

test.serial('records of hardly a byte have the room that their messages take', async t => {
  let open: () => void = () => {}
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  let pendingBytes = 0
  const { device, budget } = await startSource(t, {
    maxBytes,
    append: async messages => {
      const bytes = messages.reduce((sum, { key, value }) => sum + key.length + value.length + objectBytes, 0)
      pendingBytes += bytes
      await gate
      pendingBytes -= bytes
    }
  })
  const ident = '\u0001'.repeat(200)
  const tiny = checkedPacket('B', `${';'.repeat(9)}|`.repeat(300))
  const all = Array.from({ length: 10 }, () => device())
  await Promise.all(all.map((one, at) => one.ask(loginPacket('2.0', `${ident}${at}`, null))))
  const answers = all.map(one => one.ask(tiny))
  await until(
    'all is sent, and some is to be appended',
    () => pendingBytes > 0 && all.every(one => one.socket.writableLength === 0)
  )
  t.true(pendingBytes <= budget.usedBytes, `${pendingBytes} bytes are held, ${budget.usedBytes} counted`)
  t.true(budget.usedBytes <= maxBytes)
  open()
  t.deepEqual(new Set(await Promise.all(answers)), new Set(['#AB#300']))
  t.is(budget.usedBytes, 0)
})
