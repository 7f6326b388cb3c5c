// `tailrace watch` beside a service on a real Kafka, as a user runs it.

import test from 'ava'
import { uniqueName } from '../../../kafka.ts'
import { createService, startReceiver } from '../../service/start.ts'
import { startCommand } from '../child.ts'
import { configOf, outputOf } from '../shared/output.ts'

test('it shows a message on its way, until Ctrl-C', async t => {
  const receiver = await startReceiver(t)
  const topic = uniqueName('watch')
  const running = createService(t, {
    channels: { fleet: { topic, partitions: 1, sources: [{ http: {} }] } },
    streams: { acme: { from: ['fleet'], group: topic, target: { http: { url: receiver.url } } } }
  })
  await running.service.start()
  await running.opened('acme', 1)
  const child = startCommand(t, ['watch', 'acme', '--url', running.adminUrl(), '--device', 'truck-7'])
  t.is(await child.line(), 'running')
  // Until it looks on nothing is shown, so messages are sent until something is.
  let n = 0
  const timer = setInterval(
    () => void running.post('fleet', [{ ident: 'truck-7', n: ++n }]).catch(() => {}),
    100
  )
  t.teardown(() => clearInterval(timer))
  t.regex(
    await child.line(),
    /^\d\d:\d\d:\d\d\.\d{3} read {6}truck-7 watch-\w+\/0@\d+ {2}\d\.\d s old {2}\{"ident":"truck-7","n":\d+,/
  )
  t.regex(
    await child.lineWhere(line => line.includes(' sent ')),
    /sent {6}#\d+ {2}\d+ messages?, \d+ bytes: truck-7 /
  )
  t.regex(
    await child.lineWhere(line => line.includes('delivered')),
    /delivered #\d+ {2}after \d+ ms {2}truck-7 /
  )
  clearInterval(timer)
  child.interrupt()
  const { code, stderr } = await child.ended
  t.is(code, 0)
  t.regex(stderr, /^Looking on at acme/)
})

test('a stream that does not run there, and a listener that is not there, are told', async t => {
  const topic = uniqueName('watch')
  const running = createService(t, { channels: { fleet: { topic, partitions: 1 } } })
  await running.service.start()
  const none = await outputOf(['watch', 'acme', '--url', running.adminUrl()])
  t.is(none.code, 1)
  t.regex(none.stderr, /does not let one look on: No stream "acme" runs here/)
  const nobody = await outputOf([
    'watch',
    'acme',
    '--config',
    configOf(t, topic),
    '--url',
    'http://127.0.0.1:1'
  ])
  t.is(nobody.code, 3)
  t.regex(nobody.stderr, /No admin listener answers there/)
})
