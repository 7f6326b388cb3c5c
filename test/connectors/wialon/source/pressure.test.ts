// More than there is room for: what is held is what is counted, whatever a packet becomes as a message.

import test from 'ava'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import { until } from '../../../flows/harness/until.ts'
import { Harness } from './harness.ts'

const maxBytes = 16 << 20
/** What a message takes beside its bytes, as measured. */
const objectBytes = 700

const controls = encodePacket({
  unit: 'a',
  timeSeconds: 1,
  flags: 0,
  blocks: [{ kind: 'text', name: 't', hidden: false, value: '\u0001'.repeat(100_000) }]
})
const tiny = encodePacket({ unit: 'a', timeSeconds: 1, flags: 0, blocks: [] })
const crowd = Buffer.concat(Array.from({ length: 4_000 }, () => tiny))

for (const [title, packets, count] of [
  ['control characters, which take six bytes each', controls, 1],
  ['packets of fourteen bytes', crowd, 4_000]
] as const) {
  test.serial(
    `the budget counts what is held while Kafka is stuck, and all flows later: ${title}`,
    async t => {
      const harness = new Harness(t, {}, { maxBytes })
      await harness.source.start()
      let open: () => void = () => {}
      const gate = new Promise<void>(resolve => {
        open = resolve
      })
      harness.gate = () => gate
      const senders = await Promise.all(Array.from({ length: 40 }, () => harness.sender()))
      for (const { socket } of senders) socket.write(packets)
      await until('some is to be appended', () => harness.pendingMessages > 0)
      await until('all is sent, or waits', () => senders.every(({ socket }) => socket.writableLength === 0))
      const held = harness.pendingBytes + objectBytes * harness.pendingMessages
      t.true(held <= harness.budget.usedBytes, `${held} bytes are held, ${harness.budget.usedBytes} counted`)
      t.true(harness.budget.usedBytes <= maxBytes)
      open()
      await until('all answers', () => senders.every(({ heard }) => heard.length === count), 30_000)
      await until('nothing is held', () => harness.budget.usedBytes === 0)
      t.is(harness.stored.length, 40 * count)
    }
  )
}
