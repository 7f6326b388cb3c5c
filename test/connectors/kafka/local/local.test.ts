import { mkdtemp, readdir, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { startLocalKafka } from '../../../../connectors/kafka/local/local.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { append, connectOnce, countRecords, createTopic } from './records.ts'
import { takeNextPort } from './squatter.ts'

const topic = 'kept'

// Temporary data of these tests goes where it can be seen whether any is left.
const scratch = await mkdtemp(join(tmpdir(), 'tailrace-local-test-'))
process.env.TMPDIR = scratch
test.after.always(() => rm(scratch, { recursive: true, force: true }))

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.serial(
  'a node keeps its records over a kill, and a stop leaves no process and no directory',
  async t => {
    const kafka = await startLocalKafka()
    t.teardown(() => kafka.stop())
    const brokers = [...kafka.brokers]
    const [node] = kafka.nodes
    await createTopic({ brokers }, topic)
    await append({ brokers }, topic)
    const killed = Number(node?.pid)
    await node?.kill()
    t.false(isAlive(killed))
    t.is(node?.pid, undefined)
    const [dir = ''] = await readdir(scratch)
    const unpacked = await readdir(join(scratch, dir, 'node-1'))
    t.true(
      unpacked.some(name => name.startsWith('liblz4')),
      'what Java unpacked goes with the rest'
    )
    await node?.start()
    t.is(await countRecords({ brokers }, topic), 1)
    const restarted = Number(node?.pid)
    t.true(isAlive(restarted))
    await kafka.stop()
    t.false(isAlive(restarted))
    t.deepEqual(await readdir(scratch), [])
  }
)

test.serial('a data directory is used again by the next start', async t => {
  const dataDir = await mkdtemp(join(scratch, 'data-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  for (const records of [1, 2]) {
    const kafka = await startLocalKafka({ dataDir })
    t.teardown(() => kafka.stop())
    const brokers = [...kafka.brokers]
    if (records === 1) await createTopic({ brokers }, topic)
    await append({ brokers }, topic)
    t.is(await countRecords({ brokers }, topic), records)
    await kafka.stop()
  }
  await t.throwsAsync(startLocalKafka({ dataDir, nodes: 3 }), {
    instanceOf: FaultError,
    message: /the data is of 1 node/
  })
})

test.serial('the secured listeners take the right credentials and refuse wrong ones', async t => {
  const kafka = await startLocalKafka({ security: true })
  t.teardown(() => kafka.stop())
  const { security } = kafka
  if (security === undefined) return t.fail('there are no secured listeners')
  const { username, password, tls, saslPlain, saslScram } = security
  const ssl = { ca: [security.caPem] }
  await createTopic({ brokers: [tls], ssl }, topic)
  await t.throwsAsync(connectOnce({ brokers: [tls], ssl: true }), {
    message: /self-signed/
  })
  const listeners = [
    { brokers: [saslPlain], ssl, mechanism: 'plain' },
    { brokers: [saslScram], ssl: false, mechanism: 'scram-sha-256' },
    { brokers: [saslScram], ssl: false, mechanism: 'scram-sha-512' }
  ] as const
  for (const { mechanism, ...listener } of listeners) {
    const access = { ...listener, brokers: [...listener.brokers] }
    await append({ ...access, sasl: saslOf(mechanism, username, password) }, topic)
    const wrong = saslOf(mechanism, username, 'wrong')
    await t.throwsAsync(connectOnce({ ...access, sasl: wrong }), { name: 'KafkaJSSASLAuthenticationError' })
  }
  t.is(await countRecords({ brokers: [tls], ssl }, topic), 3)
})

function saslOf(mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', username: string, password: string) {
  // kafkajs' type is a union by mechanism, whose members differ in nothing else.
  return { mechanism: mechanism as 'plain', username, password }
}

test.serial('three nodes go on taking records when one is killed', async t => {
  const kafka = await startLocalKafka({ nodes: 3 })
  t.teardown(() => kafka.stop())
  const brokers = [...kafka.brokers]
  await createTopic({ brokers }, topic, 3)
  await append({ brokers }, topic)
  await kafka.nodes[0]?.kill()
  await append({ brokers }, topic)
  t.is(await countRecords({ brokers: brokers.slice(1) }, topic), 2)
})

test.serial('a failed start shows the end of the log and leaves nothing', async t => {
  const properties = { 'metric.reporters': 'no.such.Reporter' }
  const fault = await t.throwsAsync(startLocalKafka({ properties }), { instanceOf: FaultError })
  t.is(fault?.code, 'local_kafka_failed')
  t.regex(String(fault?.detail), /ended while starting.*no\.such\.Reporter/s)
  t.deepEqual(await readdir(scratch), [])
})

test.serial('a port that was taken in the meantime is replaced by another one', async t => {
  const taken = takeNextPort(scratch)
  const kafka = await startLocalKafka()
  t.teardown(() => kafka.stop())
  const squatter = await taken
  t.teardown(() => squatter.close())
  t.false(kafka.brokers.includes(`127.0.0.1:${(squatter.address() as AddressInfo).port}`)) // it listens on TCP
  await createTopic({ brokers: [...kafka.brokers] }, topic)
})

test.serial('a start that is given up leaves nothing', async t => {
  const given = new AbortController()
  const started = startLocalKafka({ signal: given.signal, progress: () => given.abort() })
  await t.throwsAsync(started, { name: 'AbortError' })
  t.deepEqual(await readdir(scratch), [])
})

test.serial('a node that ends by itself is reported', async t => {
  const kafka = await startLocalKafka()
  t.teardown(() => kafka.stop())
  process.kill(Number(kafka.nodes[0]?.pid), 'SIGKILL')
  t.regex((await kafka.crashed).message, /node 1 ended by itself/)
})
