// Whom the words of a broker name, also where they are cut or hold what must not be shown.

import test from 'ava'
import { outcomesOfChannelClose, type Place } from '../../../connectors/amqp/outcome.ts'
import { batchOf, doubleWith, password, targetAt } from './harness.ts'

const varies = { exchange: false, routingKey: true, headers: false }
const long = 'x'.repeat(200)
const placeOf = (routingKey: string): Place => ({ exchange: 'telemetry', routingKey, bodyBytes: 100 })

/** What RabbitMQ says about a topic: at most 252 bytes and dots. */
function refusalOf({ routingKey, exchange }: Place) {
  const text = `ACCESS_REFUSED - access to topic '${routingKey}' in exchange '${exchange}' in vhost '/' refused for user 'u'`
  return { code: 403, text: text.length > 252 ? `${text.slice(0, 252)}...` : text }
}

const codesOf = (refused: Place, places: readonly Place[]) =>
  outcomesOfChannelClose(refusalOf(refused), places, varies).map(({ code }) => code)

test('a message is named though the words are cut within the names of its place', t => {
  const [one, other] = [placeOf(`fleet.${long}.d1`), placeOf(`fleet.y${long}.d2`)]
  t.deepEqual(codesOf(one, [other, one]), ['amqp_channel_shared', 'amqp_device_refused'])
  const longer = placeOf(`fleet.${long}${'x'.repeat(40)}`)
  t.deepEqual(codesOf(longer, [other, longer]), ['amqp_channel_shared', 'amqp_device_refused'])
})

test('where the words are cut before places differ nobody is named', t => {
  const places = ['d1', 'd2'].map(device => placeOf(`fleet.${long}${'x'.repeat(40)}.${device}`))
  const [first = placeOf('')] = places
  t.deepEqual(codesOf(first, places), ['amqp_channel_closed', 'amqp_channel_closed'])
})

test('dots at the end of short words are no cut', t => {
  const reason = { code: 403, text: "ACCESS_REFUSED - access to topic 'fleet..." }
  const codes = outcomesOfChannelClose(reason, [placeOf('fleet.d1'), placeOf('rail')], varies)
  t.true(codes.every(({ code }) => code === 'amqp_channel_closed'))
})

test('a secret in the name of a place does not hide whom the broker means, and is not told', async t => {
  const { double } = await doubleWith(t, {
    reply: ({ exchange, routingKey }) =>
      routingKey === `${password}.d1`
        ? { kind: 'closeChannel', reason: refusalOf({ exchange, routingKey, bodyBytes: 0 }) }
        : { kind: 'hold' }
  })
  const target = targetAt(t, double.url, { routingKey: `${password}.{ident}` })
  const outcomes = [await target.deliver(batchOf(3), new AbortController().signal)].flat()
  t.deepEqual(
    outcomes.map(outcome => ('code' in outcome ? outcome.code : outcome.kind)),
    ['amqp_channel_shared', 'amqp_device_refused', 'amqp_channel_shared']
  )
  t.true(outcomes.every(outcome => 'detail' in outcome && outcome.detail.includes('***.d1')))
  t.notRegex(JSON.stringify(outcomes), new RegExp(password))
})
