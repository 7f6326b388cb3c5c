// How the target connects: with what settings, by TLS, WebSockets and endpoints of one's own, and with tokens that expire.

import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:https'
import net, { type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { lent } from '../../../connectors/event-hubs/connect/credential.ts'
import { FrameWatch } from '../../../connectors/event-hubs/connect/frames.ts'
import { makeCertificates } from '../../certificates.ts'
import { tick, until } from '../../flows/harness/until.ts'
import {
  batchOf,
  doubleWith,
  faultOf,
  outcomesOf,
  pairWith,
  type Settings,
  targetWith,
  told
} from './harness.ts'

const certificates = makeCertificates()
const access = 'SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0'
const endpoint = 'Endpoint=sb://acme.servicebus.windows.net/'

const wrongSettings: readonly [settings: Settings, path: string][] = [
  [{}, 'namespace'],
  [{ namespace: 'acme.servicebus.windows.net' }, 'credential'],
  [{ namespace: 'acme.servicebus.windows.net', credential: { kind: 'default' } }, 'eventHub'],
  [{ connectionString: `${endpoint};${access}` }, 'eventHub'],
  [{ connectionString: `${endpoint};${access};EntityPath=one`, eventHub: 'two' }, 'eventHub'],
  [{ connectionString: `${endpoint};EntityPath=one` }, 'connectionString'],
  [{ connectionString: `${access};EntityPath=one` }, 'connectionString'],
  [{ connectionString: `${endpoint};${access};EntityPath=one`, namespace: 'acme' }, 'namespace'],
  [
    { connectionString: `${endpoint};${access};EntityPath=one`, credential: { kind: 'default' } },
    'credential'
  ],
  [
    { namespace: 'a', eventHub: 'b', credential: { kind: 'clientSecret', tenantId: 't', clientId: 'c' } },
    'credential.clientSecret'
  ],
  [{ connectionString: `${endpoint};${access};EntityPath=one`, properties: { a: '{@ms}' } }, 'properties.a'],
  [{ connectionString: `${endpoint};${access};EntityPath=one`, tls: { ca: 'no PEM' } }, 'tls.ca']
]

test('settings that contradict each other or are not enough name the one that is wrong, and no secret', async t => {
  for (const [settings, path] of wrongSettings) {
    const error = await t.throwsAsync(targetWith(t, settings), { code: 'config_invalid' })
    t.like(error, { path })
    t.notRegex(error?.message ?? '', /c2VjcmV0/)
  }
})

test('a connection string of the namespace takes the hub from eventHub, and one with a signature is taken', async t => {
  const { double, ledger } = await doubleWith(t)
  const ofNamespace = double.connectionString.replace(/EntityPath=[^;]*;/, '')
  const target = await targetWith(t, { connectionString: ofNamespace, eventHub: 'telemetry' })
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
  t.is(ledger.length, 1)
  const signature = `SharedAccessSignature sr=sb%3A%2F%2F127.0.0.1%2Ftelemetry&sig=wrong%3D&se=1&skn=k`
  const signed = `Endpoint=sb://127.0.0.1:${double.port};SharedAccessSignature=${signature};UseDevelopmentEmulator=true`
  const fault = await faultOf(await targetWith(t, { connectionString: signed, eventHub: 'telemetry' }))
  t.is(fault.code, 'event_hubs_unauthorized')
  t.notRegex(fault.detail ?? '', /sig=wrong/)
})

test('behind an endpoint of its own tokens are for the namespace all the same', async t => {
  const { double, ledger } = await doubleWith(t, { tls: certificates })
  const connectionString = double.connectionString.replace(
    /sb:\/\/[^;]*/,
    'sb://acme.servicebus.windows.net/'
  )
  const target = await targetWith(t, {
    connectionString,
    endpoint: `localhost:${double.port}`,
    tls: { ca: certificates.ca }
  })
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
  t.is(ledger.length, 1)
})

/** Takes WebSockets, as the service does on 443, and hands on what is in them. */
async function relayTo(t: ExecutionContext, port: number): Promise<number> {
  const server = createServer(certificates)
  const sockets = new WebSocketServer({
    server,
    path: '/$servicebus/websocket',
    handleProtocols: protocols => (protocols.has('AMQPWSB10') ? 'AMQPWSB10' : false)
  })
  sockets.on('connection', socket => {
    const stream = createWebSocketStream(socket).on('error', () => {})
    const onward = net.connect(port, '127.0.0.1').on('error', () => stream.destroy())
    stream.pipe(onward).pipe(stream)
    stream.once('close', () => onward.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  })
  const address = server.address() as AddressInfo // a TCP server that listens has one
  return address.port
}

test('with webSocket AMQP is spoken in WebSockets over TLS', async t => {
  const { double, ledger } = await doubleWith(t)
  const port = await relayTo(t, double.port)
  const connectionString = double.connectionString
    .replace(`:${double.port}`, `:${port}`)
    .replace(';UseDevelopmentEmulator=true', '')
  const target = await targetWith(t, { connectionString, webSocket: true, tls: { ca: certificates.ca } })
  t.deepEqual(told(await outcomesOf(target, batchOf(['a', 'b']))), ['delivered', 'delivered'])
  t.is(ledger.length, 2)
  await target.close()
  await until('the connection is closed', () => double.connections === 0, 5_000)
})

/** Where the managed identity of an App Service gets its tokens; the package goes on asking the one that it asked first. */
const identity = { lifetimeMs: 0, server: createHttpServer() }

test.before(async () => {
  identity.server.on('request', (_, response) => {
    const expires = Math.ceil((Date.now() + identity.lifetimeMs) / 1_000)
    const token = { access_token: 'a-token', expires_on: `${expires}`, resource: 'r', token_type: 'Bearer' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(token))
  })
  await new Promise<void>(resolve => identity.server.listen(0, '127.0.0.1', resolve))
  const { port } = identity.server.address() as AddressInfo // a TCP server that listens has one
  process.env.IDENTITY_ENDPOINT = `http://127.0.0.1:${port}/token`
  process.env.IDENTITY_HEADER = 'header'
})

test.after.always(() => void identity.server.close())

test.serial(
  'a token of Microsoft Entra is renewed on the way, and sending goes on over the same connection',
  async t => {
    // Two minutes before it ends the SDK renews a token; a claim lasts for a second here.
    identity.lifetimeMs = 120_000 + 500
    const puts: number[] = []
    const { double, ledger } = await doubleWith(t, {
      tls: certificates,
      claims: {
        keyName: 'k',
        key: 'c2VjcmV0',
        jwt: 'a-token',
        jwtLifetimeMs: 2_500,
        put: () => void puts.push(Date.now())
      }
    })
    const target = await targetWith(t, {
      namespace: 'acme.servicebus.windows.net',
      credential: { kind: 'managedIdentity' },
      eventHub: 'telemetry',
      endpoint: `localhost:${double.port}`,
      tls: { ca: certificates.ca }
    })
    t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
    await until('the token has been renewed three times', () => puts.length >= 4, 10_000)
    t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
    t.is(double.accepted, 1)
    t.is(ledger.length, 2)
  }
)

test.serial('an identity that the service does not know halts', async t => {
  identity.lifetimeMs = 3_600_000
  const { double } = await doubleWith(t, { tls: certificates })
  const target = await targetWith(t, {
    namespace: `localhost:${double.port}`,
    credential: { kind: 'managedIdentity', clientId: 'somebody' },
    eventHub: 'telemetry',
    tls: { ca: certificates.ca }
  })
  const fault = await faultOf(target)
  t.is(fault.code, 'event_hubs_unauthorized', fault.detail)
})

test('the end of a link is seen in whatever pieces it comes', t => {
  const detach = Buffer.concat([
    Buffer.from([0, 0x53, 0x16, 0xc0, 60, 3, 0x43, 0x41, 0, 0x53, 0x1d, 0xc0, 50, 2, 0xa3, 23]),
    Buffer.from('amqp:link:detach-forced'),
    Buffer.from([0xa1, 4]),
    Buffer.from('idle')
  ])
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 8 + detach.length, 2, 0, 0, 0]), detach])
  const heartbeat = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0])
  const flow = Buffer.from([0, 0, 0, 12, 2, 0, 0, 0, 0, 0x53, 0x13, 0x45])
  const bytes = Buffer.concat([Buffer.from('AMQP'), Buffer.from([0, 1, 0, 0]), heartbeat, flow, frame])
  for (let size = 1; size <= bytes.length; size++) {
    const watch = new FrameWatch()
    let found: ReturnType<FrameWatch['read']> = null
    for (let at = 0; at < bytes.length && found === null; at += size)
      found = watch.read(bytes.subarray(at, at + size))
    t.is(found?.text, 'detach amqp:link:detach-forced: idle')
    const end = Math.ceil(bytes.length / size) * size
    const lastAt = end - size
    t.is(found?.before, Math.max(0, bytes.length - frame.length - lastAt))
  }
})

test('what is no frame is not looked into, however much comes', t => {
  const watch = new FrameWatch()
  t.is(watch.read(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), null)
  for (let n = 0; n < 100; n++) t.is(watch.read(Buffer.alloc(10_000, 'x')), null)
})

test('a connection that the SDK has given up is not used on, though the other side leaves it half open', async t => {
  const { double, target } = await pairWith(t)
  for (const socket of double.sockets) {
    socket.pause() // so it does not hear that the connection is ended
    socket.write(Buffer.from([0, 0, 0, 8, 1, 0, 0, 0])) // a frame that begins inside its own header
  }
  const isDelivered = async () => told(await outcomesOf(target, batchOf(['a'])))[0] === 'delivered'
  await t.notThrowsAsync(until('a new connection serves', isDelivered, 5_000))
})

test('a workload identity that the environment says nothing of is a credential that is missing', async t => {
  const settings = { namespace: 'acme.servicebus.windows.net', eventHub: 'telemetry' }
  const target = await targetWith(t, { ...settings, credential: { kind: 'workloadIdentity' } })
  const fault = await faultOf(target)
  t.is(fault.code, 'event_hubs_credential_missing')
  t.is(fault.spec.outcome, 'halt')
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['halt event_hubs_credential_missing'])
})

test('fields that a kind of credential has no use for are refused, rather than passed over', async t => {
  const place = { namespace: 'acme.servicebus.windows.net', eventHub: 'telemetry' }
  const useless = [
    [{ kind: 'managedIdentity', tenantId: 't' }, 'credential.tenantId'],
    [{ kind: 'managedIdentity', clientId: 'c', clientSecret: 's' }, 'credential.clientSecret'],
    [{ kind: 'workloadIdentity', clientSecret: 's' }, 'credential.clientSecret'],
    [{ kind: 'default', clientSecret: 's' }, 'credential.clientSecret']
  ] as const
  for (const [credential, path] of useless)
    t.like(await t.throwsAsync(targetWith(t, { ...place, credential }), { code: 'config_invalid' }), { path })
  for (const kind of ['managedIdentity', 'workloadIdentity', 'default'] as const)
    await t.notThrowsAsync(targetWith(t, { ...place, credential: { kind, clientId: 'c' } }))
})

test('a namespace in a connection string that is no host is told, not thrown about', async t => {
  const connectionString = `Endpoint=sb://my namespace/;${access};EntityPath=one`
  const error = await t.throwsAsync(targetWith(t, { connectionString }), { code: 'config_invalid' })
  t.like(error, { path: 'connectionString' })
})

test('once its connection has ended, the SDK gets no token any more, and what is being fetched is given up', async t => {
  let signal: AbortSignal | undefined
  let fetched = 0
  const token = { token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }
  const credential = {
    async getToken(_: unknown, options?: { abortSignal?: unknown }) {
      signal = options?.abortSignal as AbortSignal // what is passed on is one
      fetched++
      return token
    }
  }
  const ending = new AbortController()
  const own = lent(credential, ending.signal)
  if (!('getToken' in own)) return t.fail()
  t.deepEqual(await own.getToken('scope'), token)
  const pending = own.getToken('scope')
  ending.abort()
  t.true(signal?.aborted)
  const later = own.getToken('scope')
  t.is(fetched, 2)
  t.is(await Promise.race([pending, later, tick(50)]), undefined)
})

test('a token that is about to end is not renewed without a pause', async t => {
  const credential = { getToken: async () => ({ token: 'a-token', expiresOnTimestamp: Date.now() + 1_000 }) }
  const own = lent(credential, new AbortController().signal)
  if (!('getToken' in own)) return t.fail()
  const { expiresOnTimestamp = 0 } = (await own.getToken('scope')) ?? {}
  t.true(expiresOnTimestamp - Date.now() > 120_500) // the SDK renews it 120 s before
})
