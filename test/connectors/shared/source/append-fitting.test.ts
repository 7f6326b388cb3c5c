// What the topic of a channel has no room for, among messages that it takes.

import test from 'ava'
import type { Broken } from '../../../../connectors/connector.ts'
import { appendFitting } from '../../../../connectors/shared/source/append-fitting.ts'
import { FaultError } from '../../../../schemas/errors.ts'

const facts = { code: 'wialon_message_too_large', from: 'here' } as const

/** A channel that takes values of at most 5 bytes. */
function channel() {
  const stored: string[] = []
  const aside: string[] = []
  let appends = 0
  return {
    stored,
    aside,
    appends: () => appends,
    append: async (messages: readonly { value: Buffer }[]) => {
      appends++
      if (messages.some(({ value }) => value.length > 5))
        throw new FaultError('body_too_large', { detail: 'at most 5' })
      stored.push(...messages.map(({ value }) => value.toString()))
    },
    setAside: async (broken: readonly Broken[]) => {
      aside.push(...broken.map(({ bytes, detail }) => `${bytes} ${detail}`))
    }
  }
}

const taken = (values: readonly string[]) =>
  values.map(value => ({ message: { key: Buffer.from('k'), value: Buffer.from(value) } }))
const brokenOf = ({ message }: { message: { value: Buffer } }, detail: string): Broken => ({
  ...facts,
  bytes: message.value,
  detail
})

test('what fits is appended in order, the rest is set aside, and the caller hears which is which', async t => {
  const feed = channel()
  const all = taken(['1', 'too large', '2', '3', 'too large as well', '4'])
  const appended = await appendFitting(all, feed, brokenOf)
  t.deepEqual(feed.stored, ['1', '2', '3', '4'])
  t.deepEqual(feed.aside, ['too large at most 5', 'too large as well at most 5'])
  t.deepEqual(
    appended.map(({ message }) => message.value.toString()),
    feed.stored
  )
})

test('one that is too large among a thousand costs twenty appends, not a thousand', async t => {
  const feed = channel()
  const values = Array.from({ length: 1_000 }, (_, at) => (at === 500 ? 'too large' : String(at)))
  t.is((await appendFitting(taken(values), feed, brokenOf)).length, 999)
  t.true(feed.appends() <= 21, `${feed.appends()} appends`)
})

test('nothing is appended behind what failed for another reason', async t => {
  const feed = channel()
  const failing = {
    ...feed,
    append: async (messages: readonly { value: Buffer }[]) => {
      if (messages.some(({ value }) => String(value) === '2') && messages.length < 3)
        throw new FaultError('kafka_unavailable')
      await feed.append(messages)
    }
  }
  const all = taken(['1', '2', '3', 'too large'])
  await t.throwsAsync(appendFitting(all, failing, brokenOf), { code: 'kafka_unavailable' })
  t.deepEqual([feed.stored, feed.aside], [[], []])
})
