// Ports where no broker answers as it should: one that speaks TLS or does not, a web server, a gateway that refuses the
// WebSocket. What a person reads has to tell what was found there, and what to look at.

import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Failure } from '../../../../connectors/connector.ts'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { faultOfStranger } from '../../../../connectors/shared/mqtt/stranger.ts'
import { errors } from '../../../../schemas/errors.ts'
import { makeCertificates } from '../../../certificates.ts'
import { startMosquitto } from '../../../mosquitto.ts'
import { batchOf, deliver, type Settings, targetAt } from '../harness.ts'

async function listening(t: ExecutionContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port // it listens on a port
}

async function failureOf(t: ExecutionContext, url: string, settings: Settings = {}): Promise<Failure> {
  const [outcome] = (await deliver(targetAt(t, url, settings), batchOf(1))) as Failure[] // one for each
  return outcome ?? t.fail()
}

test('a url that says TLS or not, against the port, is told with a hint about TLS', async t => {
  const certificates = makeCertificates()
  const broker = await startMosquitto({ tls: certificates })
  t.teardown(() => broker.stop())
  const trusted = { tls: { ca: certificates.ca } }
  for (const [url, settings] of [
    [`mqtt://127.0.0.1:${broker.port}`, {}],
    [`mqtts://127.0.0.1:${broker.plainPort}`, trusted],
    [`ws://127.0.0.1:${broker.webSocketPort}/mqtt`, {}],
    [`wss://127.0.0.1:${broker.plainPort}/mqtt`, trusted]
  ] as const) {
    const { kind, code, detail } = await failureOf(t, url, settings)
    t.is(kind, 'unsent')
    t.not(code, 'mqtt_connect_failed', 'it was reached')
    t.regex(`${errors[code].hint} ${detail}`, /TLS/, url)
  }
})

test('a connection that is closed or reset before an answer was reached, and may want TLS', async t => {
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const port = await listening(
      t,
      net.createServer(socket => void socket.on('error', () => {}).once('data', () => socket[end]()))
    )
    for (const scheme of ['mqtt', 'mqtts', 'ws', 'wss']) {
      const { kind, code } = await failureOf(t, `${scheme}://127.0.0.1:${port}`)
      t.is(`${kind} ${code}`, 'unsent mqtt_hung_up', `${scheme} ${end}`)
    }
  }
  t.regex(errors.mqtt_hung_up.hint ?? '', /mqtts:\/\/.*TLS/)
})

test('of a web server it is told what it said', async t => {
  const port = await listening(t, http.createServer())
  const { code, detail } = await failureOf(t, `mqtt://127.0.0.1:${port}`)
  t.is(code, 'mqtt_answer_malformed')
  t.regex(detail, /^"HTTP\/1\.1 400 Bad Request" came, which is not MQTT \(.+\)$/)
})

test('of a port that speaks TLS it is told that it does', async t => {
  const alert = Buffer.from('15030300020232', 'hex') // fatal: decode error
  const server = net.createServer(socket => void socket.on('error', () => {}).end(alert))
  const { code, detail } = await failureOf(t, `mqtt://127.0.0.1:${await listening(t, server)}`)
  t.is(code, 'mqtt_answer_malformed')
  t.regex(detail, /^TLS came, which is not MQTT/)
})

for (const [bytes, detail] of [
  ['SSH-2.0-OpenSSH_9.2\r\n', '"SSH-2.0-OpenSSH_9.2" came, which is not MQTT (odd)'],
  ['user hunter22 is unknown', '"user *** is unknown" came, which is not MQTT (odd)'],
  ['\xff\x00\x01', 'the bytes ff0001 came, which is not MQTT (odd)'],
  ['', 'odd']
] as const)
  test(`the first bytes ${JSON.stringify(bytes)} are told as: ${detail}`, t => {
    const fault = faultOfStranger(new Error('odd'), Buffer.from(bytes, 'latin1'), new Mask(['hunter22']))
    t.is(fault.code, 'mqtt_answer_malformed')
    t.is(fault.detail, detail)
  })

for (const [status, expected] of [
  [401, 'halt mqtt_web_socket_refused'],
  [403, 'halt mqtt_web_socket_refused'],
  [404, 'halt mqtt_web_socket_refused'],
  [426, 'halt mqtt_web_socket_refused'],
  [301, 'halt mqtt_web_socket_refused'],
  [408, 'unsent mqtt_unavailable'],
  [429, 'unsent mqtt_unavailable'],
  [502, 'unsent mqtt_unavailable']
] as const)
  test(`a WebSocket that is refused with HTTP ${status} means ${expected}`, async t => {
    const refuse = `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`
    const server = http.createServer().on('upgrade', (_request, socket) => void socket.end(refuse))
    const { kind, code, detail } = await failureOf(t, `ws://127.0.0.1:${await listening(t, server)}/mqtt`)
    t.is(`${kind} ${code}`, expected)
    t.is(detail, `HTTP ${status} in place of a WebSocket`)
  })

test('what is no HTTP answers no WebSocket', async t => {
  const server = net.createServer(socket => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n'))
  const { kind, code } = await failureOf(t, `ws://127.0.0.1:${await listening(t, server)}/mqtt`)
  t.is(`${kind} ${code}`, 'unsent mqtt_answer_malformed')
})
