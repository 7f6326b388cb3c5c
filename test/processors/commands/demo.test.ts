// `tailrace demo` on a Kafka that is there: that it shows what flows, and leaves no folder however it ends.

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { testBrokers } from '../../kafka.ts'
import { startCommand } from './child.ts'
import { emptied } from './emptied.ts'

const scratch = await mkdtemp(join(tmpdir(), 'tailrace-demo-test-'))
test.after.always(() => rm(scratch, { recursive: true, force: true }))

const env = { TMPDIR: scratch, KAFKA_BROKERS: testBrokers().join(',') }

test.serial('Ctrl-C ends the demo with 0 and leaves no folder', async t => {
  const child = startCommand(t, ['demo'], env)
  await child.lineWhere(line => /delivered [1-9].*receiver up/.test(line))
  t.is((await readdir(scratch)).length, 1)
  child.interrupt()
  t.deepEqual(await child.ended, { code: 0, stderr: '' })
  t.deepEqual(await readdir(scratch), [])
})

test.serial('a demo that is killed takes its folder with it', async t => {
  const child = startCommand(t, ['demo'], env)
  await child.lineWhere(line => line.includes('the configuration'))
  t.is((await readdir(scratch)).length, 1)
  child.kill()
  await child.ended
  await emptied(scratch)
})
