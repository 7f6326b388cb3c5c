import test from 'ava'
import { decodeMetadata, encodeMetadata } from '../../../../processors/stream/settlement/commit-metadata.ts'

test('the birth survives the round trip', t => {
  t.deepEqual(decodeMetadata(encodeMetadata({ birthMs: 1_763_888_000_123 })), { birthMs: 1_763_888_000_123 })
  t.deepEqual(decodeMetadata(encodeMetadata({ birthMs: 0 })), { birthMs: 0 })
})

test('fields that a later version adds do not hide the birth', t => {
  t.deepEqual(decodeMetadata('1;birth=7;settled=abc'), { birthMs: 7 })
})

for (const text of ['', 'x', '2;birth=7', '1;birth=', '1;birth=-7', '{"birth":7}']) {
  test(`metadata that is not ours says nothing: ${JSON.stringify(text)}`, t => {
    t.is(decodeMetadata(text), null)
  })
}
