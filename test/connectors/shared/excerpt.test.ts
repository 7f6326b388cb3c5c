// What is kept of an answer: enough to see why, never a secret.

import test from 'ava'
import { Excerpt } from '../../../connectors/shared/http/excerpt.ts'
import { Mask } from '../../../connectors/shared/mask.ts'

function excerptOf(chunks: readonly string[], secrets: readonly string[] = []): string {
  const excerpt = new Excerpt()
  for (const chunk of chunks) excerpt.add(Buffer.from(chunk))
  return excerpt.text(new Mask(secrets))
}

test('the excerpt is one line of at most 500 characters', t => {
  t.is(excerptOf(['{\n  "error":\t"no"\u0007', '\n}']), '{ "error": "no" }')
  t.is(excerptOf(['x'.repeat(9000)]), `${'x'.repeat(500)}…`)
  t.is(excerptOf([]), '')
})

test('an echoed secret is masked, also when it comes in two chunks, escaped, or inside another', t => {
  t.is(excerptOf(['you sent Bearer ab', 'cdef!'], ['abcdef']), 'you sent Bearer ***!')
  t.is(excerptOf(['{"got":"a\\"bcd"}'], ['a"bcd']), '{"got":"***"}')
  t.is(excerptOf(['abcdefgh abcd'], ['abcd', 'abcdefgh']), '*** ***')
})

test('a secret that is cut off by the limit does not leave its beginning behind', t => {
  const secret = 's3cr3t-'.repeat(20)
  // Masked repetitions shrink the text, so that its cut end comes within the 500 characters that are shown.
  const echoed = `${secret} `.repeat(100)
  t.is(excerptOf([echoed], [secret]), '*** '.repeat(Math.floor(4096 / (secret.length + 1))).trim())
})
