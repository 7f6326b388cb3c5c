import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'

test('a reader who has read enough ends a command without a word', async t => {
  const main = packageRoot('dist/processors/main.js')
  const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)])
  t.is(stderr, '')
  t.is(code, 0)
})
