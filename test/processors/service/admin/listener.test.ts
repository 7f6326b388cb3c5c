import test from 'ava'
import { AdminListener, json, text } from '../../../../processors/service/admin/listener.ts'
import { FaultError } from '../../../../schemas/errors.ts'

const anyPort = { host: '127.0.0.1', port: 0 }

async function open(t: { teardown(fn: () => Promise<void>): void }) {
  const listener = new AdminListener(
    { status: () => json({ phase: 'running' }), readyz: async () => text('starting', 503) },
    () => {}
  )
  await listener.open(anyPort)
  t.teardown(() => listener.close())
  return `http://127.0.0.1:${listener.port}`
}

test('serves its pages by path', async t => {
  const url = await open(t)
  const status = await fetch(`${url}/status?pretty`)
  t.is(status.headers.get('content-type'), 'application/json')
  t.deepEqual(await status.json(), { phase: 'running' })
  const ready = await fetch(`${url}/readyz`)
  t.deepEqual([ready.status, await ready.text()], [503, 'starting\n'])
})

test('the root lists the pages, and so does the answer to an unknown path', async t => {
  const url = await open(t)
  const root = await fetch(`${url}/`)
  t.deepEqual([root.status, await root.text()], [200, 'Tailrace\n/status\n/readyz\n'])
  t.is((await fetch(`${url}/toString`)).status, 404)
})

test('changes nothing: every method but GET and HEAD is refused', async t => {
  const url = await open(t)
  t.is((await fetch(`${url}/status`, { method: 'POST', body: '{}' })).status, 405)
  t.is(await (await fetch(`${url}/status`, { method: 'HEAD' })).text(), '')
})

test('a port in use is told as such', async t => {
  const url = await open(t)
  const second = new AdminListener({}, () => {})
  const fault = await t.throwsAsync(second.open({ host: '127.0.0.1', port: Number(new URL(url).port) }), {
    instanceOf: FaultError
  })
  t.is(fault.code, 'listen_failed')
})

test('a page that cannot be made is one answer with 500, and the process lives on', async t => {
  const logged: unknown[][] = []
  const listener = new AdminListener(
    {
      status: () => {
        throw new RangeError('Invalid time value')
      },
      metrics: async () => {
        throw new Error('no such gauge')
      },
      healthz: () => text('ok')
    },
    (...line) => void logged.push(line)
  )
  await listener.open(anyPort)
  t.teardown(() => listener.close())
  const url = `http://127.0.0.1:${listener.port}`
  for (const page of ['status', 'metrics']) t.is((await fetch(`${url}/${page}`)).status, 500)
  t.is((await fetch(`${url}/healthz`)).status, 200)
  t.deepEqual(
    logged
      .filter(([name]) => name === 'request_failed')
      .map(([, fields]) => (fields as { page: string }).page), // as it is logged
    ['status', 'metrics']
  )
})
