import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { RequestLog } from './request-log.ts'

test('the requests of a message are found with what became of them', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'tailrace-requests-'))
  const log = new RequestLog(join(dir, 'receiver.log'))
  t.teardown(async () => {
    await log.close()
    await rm(dir, { recursive: true })
  })
  const first = log.request('one', 'accept', ['d/1', 'd/10'])
  const second = log.request('two', 'hang', ['d/10', 'e/1', 'e/2'])
  log.note('# the storm is over')
  log.outcome(first, 'unread')
  log.outcome(second, 'answered')
  const found = await log.find(['d/1', 'e/2', 'e/3'])
  const withoutTimes = Array.from(found, ([name, lines]) => [name, ...lines.map(line => line.slice(25))])
  t.deepEqual(withoutTimes, [
    ['d/1', '#1 one accept, 2 messages', '#1 unread'],
    ['e/2', '#2 two hang, 3 messages', '#2 answered'],
    ['e/3']
  ])
})
