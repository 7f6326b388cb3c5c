// Colours are for terminals whose users want them.

import test from 'ava'
import { counted, painter } from '../../../processors/commands/output.ts'

test('text is coloured on a terminal, and left alone with NO_COLOR or in a pipe', t => {
  t.not(painter({ isTTY: true }, {})('red', 'x'), 'x')
  t.is(painter({ isTTY: true }, { NO_COLOR: '1' })('red', 'x'), 'x')
  t.is(painter({}, {})('red', 'x'), 'x')
})

test('counts have their plural', t => {
  t.deepEqual(
    [0, 1, 2].map(count => counted(count, 'stream')),
    ['0 streams', '1 stream', '2 streams']
  )
})
