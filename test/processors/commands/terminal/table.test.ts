// Tables on a terminal and elsewhere.

import test from 'ava'
import { printable, type TableOutput, writeTable } from '../../../../processors/commands/terminal/table.ts'

function tableOf(out: Partial<TableOutput>, rows: readonly (readonly string[])[]): string[] {
  let written = ''
  const write = (text: string) => {
    written += text
  }
  writeTable({ ...out, write }, [{ title: 'NAME' }, { title: 'N', isNumber: true }, { title: 'TEXT' }], rows)
  return written.split('\n').slice(0, -1)
}

test('columns are as wide as their widest cell, numbers to the right, and nothing is cut in a file', t => {
  const long = 'x'.repeat(200)
  t.deepEqual(
    tableOf({}, [
      ['a', '1', long],
      ['longer', '12,345', '']
    ]),
    ['NAME         N  TEXT', `a            1  ${long}`, 'longer  12,345']
  )
})

test('on a terminal a row ends at the edge', t => {
  const [, row] = tableOf({ isTTY: true, columns: 20 }, [['a', '1', 'x'.repeat(200)]])
  t.is(row?.length, 20)
})

test('a row has the style that one of its cells asks for, on a terminal only', t => {
  const columns = [{ title: 'STATE', style: (cell: string) => (cell === 'halted' ? 'red' : null) }] as const
  const rows = (out: object) => {
    let written = ''
    const write = (text: string) => {
      written += text
    }
    writeTable({ ...out, write }, columns, [['running'], ['halted']])
    return written.split('\n').slice(1, 3)
  }
  t.deepEqual(rows({}), ['running', 'halted'])
  t.deepEqual(rows({ isTTY: true, columns: 80 }), ['running', '\u001b[31mhalted\u001b[39m'])
})

test('control characters are shown, not obeyed', t => {
  t.deepEqual(tableOf({}, [['a\u001b[2Jb\n', '1', '']]).length, 2)
  t.is(printable('a\u001b[2J\n\u009b\té'), 'a\\u001b[2J\\u000a\\u009b\\u0009é')
  t.is(printable('{\n\t"a": 1\r\n}', 'lines'), '{\n\t"a": 1\\u000d\n}')
})
