import test from 'ava'
import { decodeMetadata, encodeMetadata } from '../../../../processors/stream/settlement/commit-metadata.ts'

test('the birth, the settled set and the mark of numbers survive the round trip', t => {
  for (const metadata of [
    { birthMs: 1_763_888_000_123, settled: [{ from: 12, to: 40 }] },
    { birthMs: 0, settled: [] },
    { birthMs: 7, settled: [], readFrom: 3, numbers: { highest: 4_711, partitions: 12 } },
    { birthMs: 7, settled: [], isMoved: true }
  ]) {
    t.deepEqual(decodeMetadata(10, encodeMetadata(10, metadata)), metadata)
  }
})

test('fields that a later version adds do not hide the birth', t => {
  t.deepEqual(decodeMetadata(0, '1;birth=7;later=abc'), { birthMs: 7, settled: [] })
})

test('a settled set that is not understood hides nothing else', t => {
  const text = `1;birth=7;settled=${Buffer.from([9, 1, 2]).toString('base64url')}`
  t.deepEqual(decodeMetadata(0, text), { birthMs: 7, settled: [] })
})

for (const text of ['', 'x', '2;birth=7', '1;birth=', '1;birth=-7', '{"birth":7}']) {
  test(`metadata that is not ours says nothing: ${JSON.stringify(text)}`, t => {
    t.is(decodeMetadata(0, text), null)
  })
}
