// What a command shows while it runs.

import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import {
  Progress,
  type ProgressOptions,
  RateMeter
} from '../../../../processors/commands/terminal/progress.ts'

/** Runs for two and a half seconds, with news in the first only; returns what was written. */
async function written(options: Partial<ProgressOptions> & { isTTY?: boolean }): Promise<string[]> {
  const clock = new VirtualClock()
  const texts: string[] = []
  const out = { write: (text: string) => texts.push(text), isTTY: options.isTTY === true, columns: 10 }
  let count = 0
  const report = () => ({ fields: { count }, line: `${count} messages` })
  const progress = new Progress({ clock, json: false, quiet: false, out, ...options }, report)
  progress.say('hello')
  progress.start()
  count = 5
  await clock.advance(2500)
  progress.stop({ fields: { count: 'all' }, line: 'bye' })
  await clock.advance(5000)
  return texts
}

test('elsewhere than on a terminal there is a line when something changed', async t => {
  t.deepEqual(await written({}), ['hello\n', '0 messages\n', '5 messages\n', 'bye\n'])
})

test('on a terminal one line changes in place and never wraps', async t => {
  const clear = '\r\u001b[2K'
  t.deepEqual(await written({ isTTY: true }), [
    `${clear}hello\n`,
    `${clear}0 messag…`,
    `${clear}5 messag…`,
    `${clear}bye\n`
  ])
})

test('with json there is one object at once, one a second, and one at the end', async t => {
  const texts = await written({ json: true })
  t.deepEqual(
    texts.map(text => JSON.parse(text).count),
    [0, 5, 5, 'all']
  )
})

test('with quiet only what is said and the summary are shown', async t => {
  t.deepEqual(await written({ quiet: true }), ['hello\n', 'bye\n'])
})

test('the rate is what came since it was last asked', async t => {
  const clock = new VirtualClock()
  const meter = new RateMeter(clock)
  await clock.advance(2000)
  t.is(meter.next(100), 50)
  await clock.advance(500)
  t.is(meter.next(100), 0)
})

test('the mean rate is over the whole time, whenever it was asked before', async t => {
  const clock = new VirtualClock()
  const meter = new RateMeter(clock)
  await clock.advance(1990)
  meter.next(90)
  await clock.advance(10)
  t.is(meter.mean(100), 50)
})
