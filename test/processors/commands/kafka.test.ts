import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { emptied } from './emptied.ts'

const scratch = await mkdtemp(join(tmpdir(), 'tailrace-command-test-'))
test.after.always(() => rm(scratch, { recursive: true, force: true }))

function tailrace(args: string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [packageRoot('dist/processors/main.js'), ...args], {
    env: { ...process.env, TMPDIR: scratch, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
}

/** The brokers that the command prints as JSON once they are ready. */
async function brokersOf(child: ReturnType<typeof tailrace>): Promise<string[]> {
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return JSON.parse(line).brokers
}

/**
 * Connects to a broker. `gone` resolves when its process has ended, which alone closes the connection so soon: that its
 * port is free says nothing, as somebody else may have got it meanwhile.
 */
async function connectTo(address: string | undefined): Promise<{ gone: Promise<void> }> {
  const [host, port] = String(address).split(':')
  const socket = connect({ host: String(host), port: Number(port) })
  await once(socket, 'connect')
  socket.on('error', () => {}) // A reset is as good an end as any.
  return { gone: new Promise(resolve => socket.once('close', () => resolve())) }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

test.serial('Ctrl-C ends the command with 0 and leaves no broker and no data', async t => {
  const child = tailrace(['kafka', '--json'])
  t.teardown(() => child.kill('SIGKILL'))
  const brokers = await brokersOf(child)
  t.is(brokers.length, 1)
  const { gone } = await connectTo(brokers[0])
  t.true(isRunning(child))
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  t.is(code, 0)
  await gone
  t.deepEqual(await readdir(scratch), [])
})

test.serial('Ctrl-C while Kafka is starting ends the command with 0 and leaves no data', async t => {
  const child = tailrace(['kafka'])
  t.teardown(() => child.kill('SIGKILL'))
  await once(createInterface({ input: child.stderr }), 'line')
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  t.is(code, 0)
  await emptied(scratch)
  t.pass()
})

test.serial('a command that is killed takes its broker and its data with it', async t => {
  const child = tailrace(['kafka', '--json'])
  t.teardown(() => child.kill('SIGKILL'))
  const [broker] = await brokersOf(child)
  const { gone } = await connectTo(broker)
  child.kill('SIGKILL')
  await gone
  await emptied(scratch)
  t.pass()
})

test.serial('a port that is taken is named', async t => {
  const port = new URL(`kafka://${process.env.TAILRACE_TEST_KAFKA}`).port
  const child = tailrace(['kafka', '--port', port])
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  t.is(code, 3)
  t.regex(said, new RegExp(`port ${port} is in use`))
  t.deepEqual(await readdir(scratch), [])
})

test.serial('without Java the command says in one message what can be done', async t => {
  const child = tailrace(['kafka'], { PATH: scratch })
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  t.is(code, 3)
  t.regex(said, /^tailrace: A local Kafka needs Java 17 or newer\n/)
  for (const way of ['apt-get install', 'docker run', 'KAFKA_BROKERS']) t.true(said.includes(way), way)
})
