import test from 'ava'
import { headerBytesOf, Message, withValue } from '../../../../connectors/kafka/log/message.ts'
import { messagesOf } from '../../../messages.ts'

const headers = [
  { key: 'trace', value: Buffer.from('1') },
  { key: 'trace', value: Buffer.from('2') },
  { key: 'empty', value: Buffer.alloc(0) },
  { key: 'null', value: null }
]

test('the headers of a message are those of its record, in order and as often as they stand there', t => {
  const [message] = messagesOf(['{}'], { keys: ['a'], headers })
  t.deepEqual(message?.headers(), headers)
  t.deepEqual(message?.value().toString(), '{}')
})

test('a message without headers has none, and they take no bytes', t => {
  const [message] = messagesOf(['{}'], { keys: ['a'] })
  t.deepEqual(message?.headers(), [])
  t.is(message && headerBytesOf(message), 0)
})

for (const keys of [['a'], undefined]) {
  test(`with another value a message ${keys ? 'with' : 'without'} a key keeps its headers, in bytes of its own`, t => {
    const [message] = messagesOf(['{"speed":1}'], { headers, ...(keys && { keys }) })
    if (message === undefined) return t.fail()
    const view = withValue(message, Buffer.from('{"speed":2,"unit":"km/h"}'))
    const changed = new Message(message.origin, view)
    t.is(changed.value().toString(), '{"speed":2,"unit":"km/h"}')
    t.is(changed.key(), keys === undefined ? null : 'a')
    t.deepEqual(changed.headers(), headers)
    t.not(changed.bytes.buffer, message.bytes.buffer)
    t.is(changed.bytes.length, changed.size + (keys ? 1 : 0) + headerBytesOf(changed))
  })
}

test('a message without headers has no more bytes of its own than its key and its value', t => {
  const [message] = messagesOf(['{}'], { keys: ['a'] })
  const view = message && withValue(message, Buffer.from('[]'))
  t.is(view?.bytes.length, 3)
  t.deepEqual(view && new Message({ topic: 't', partition: 0 }, view).headers(), [])
})
