// What the mask finds: a secret in any form in which the other side may repeat it.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Mask } from '../../../connectors/shared/mask.ts'
import { FaultError } from '../../../schemas/errors.ts'

test('a secret is found as it is and in the escapes of JSON, URLs and HTML', t => {
  const mask = new Mask(['a "b" & c/d'])
  const texts = ['a "b" & c/d', 'a \\"b\\" & c/d', 'a%20%22b%22%20%26%20c%2Fd', 'a%20%22b%22%20&%20c/d']
  for (const text of texts) t.is(mask.apply(`<${text}>`), '<***>', text)
  t.is(mask.apply('a &quot;b&quot; &amp; c/d, a+%22b%22+%26+c%2Fd'), '***, ***')
  t.is(new Mask(['two\nlines\n']).apply('said: two lines'), 'said: ***')
})

test('secrets that overlap leave nothing of each other behind', t => {
  t.is(new Mask(['abc', 'cdef', 'f']).apply('xabcdefy'), 'x***y')
  t.is(new Mask(['*', 'a']).apply('a*b'), '***b')
})

test('without secrets, or with an empty one, a text stays as it is', t => {
  t.is(new Mask([]).apply('as it is'), 'as it is')
  t.is(new Mask(['']).apply('as it is'), 'as it is')
})

test('an error is thrown on without secrets in its message, detail, path and stack', t => {
  const mask = new Mask(['hunter2'])
  const fault = mask.error(new FaultError('listen_failed', { path: 'hunter2:1', detail: 'no hunter2' }))
  t.true(fault instanceof FaultError)
  t.is(fault.message, '***:1: The listener could not be opened: no ***')
  t.false(`${mask.error(new TypeError('no hunter2')).stack}`.includes('hunter2'))
})

testProp(
  'no secret is left in any text, whatever its length',
  [fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', '\ud800', '%', '"') })), fc.string()],
  (t, secrets, rest) => {
    t.pass()
    const texts = new Mask(secrets).apply(`${rest}${secrets.join('')}${rest}`).split('***')
    for (const secret of secrets) t.false(texts.some(text => text.includes(secret)))
  }
)
