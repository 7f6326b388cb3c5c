// What the demo shows fits onto the terminal, whatever there is to say.

import { stripVTControlCharacters } from 'node:util'
import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { guide } from '../../../../processors/commands/demo/guide.ts'
import { type Scene, Screen } from '../../../../processors/commands/demo/screen.ts'
import { painter } from '../../../../processors/commands/output.ts'

const scene: Scene = {
  sent: 1_234_567,
  accepted: 1_234_567,
  trouble: `HTTP 400 {\n"error":"${'x'.repeat(200)}"}`,
  stream: undefined,
  received: 1_234_567,
  devices: 12_200,
  perSecond: 12_345,
  isReceiving: true
}

/** The lines that are on a terminal of this width after what was written; one that wraps takes several. */
function linesOn(columns: number, texts: readonly string[]): string[] {
  const rows: string[] = []
  for (const text of texts) {
    const up = text.startsWith('\u001b[') ? /^(\d+)A/.exec(text.slice(2))?.[1] : undefined
    if (up !== undefined) rows.splice(rows.length - Number(up))
    const plain = stripVTControlCharacters(text)
    if (plain === '') continue
    for (const line of plain.replace(/\n$/, '').split('\n')) {
      const pieces = Math.max(1, Math.ceil(line.length / columns))
      for (let piece = 0; piece < pieces; piece++)
        rows.push(line.slice(piece * columns, (piece + 1) * columns))
    }
  }
  return rows
}

for (const columns of [40, 80, 120]) {
  test(`a terminal of ${columns} columns shows one block, however often it is drawn anew`, async t => {
    const clock = new VirtualClock()
    const texts: string[] = []
    const out = { write: (text: string) => texts.push(text), isTTY: true, columns }
    const screen = new Screen({ clock, out, paint: painter(out, {}), scene: () => scene })
    screen.start()
    const once = linesOn(columns, texts)
    await clock.advance(5_000)
    t.true(texts.length > 5)
    t.deepEqual(linesOn(columns, texts), once)
    t.is(once.filter(line => line.includes('fleet')).length, 1)
  })
}

test('the guide fits into 80 columns', t => {
  const text = guide({
    ports: { source: 65_535, admin: 65_535, receiver: 65_535 },
    url: 'http://127.0.0.1:65535/channels/tailrace-demo/messages',
    path: '/var/tailrace-demo-XXXXXX/tailrace.yaml',
    toggling: 'kill -USR2 4194304'
  })
  t.deepEqual(
    text.split('\n').filter(line => line.length > 80),
    []
  )
})

test('what the fleet sent is told apart from what is delivered, of which some may be somebody else’s', t => {
  const texts: string[] = []
  const out = { write: (text: string) => texts.push(text) }
  new Screen({ clock: new VirtualClock(), out, paint: painter({}, {}), scene: () => scene }).start()
  t.regex(texts.join(''), /^fleet sent 1234567, of these in Kafka 1234567, delivered 0 with yours, /)
})
