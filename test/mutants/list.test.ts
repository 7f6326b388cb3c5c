// The list of planted bugs follows the sources: `npm run mutants` itself is too long for every test run.

import { readFile } from 'node:fs/promises'
import test from 'ava'
import { packageRoot } from '../../processors/commands/package-root.ts'
import { mutants } from './list.ts'

test('every planted bug still has its place in the engine', async t => {
  for (const { name, file, find } of mutants) {
    const source = await readFile(packageRoot(`dist/processors/stream/${file}`), 'utf8')
    t.is(source.split(find).length, 2, name)
  }
})
