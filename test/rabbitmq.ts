// A real AMQP broker for tests: RabbitMQ with a node of its own in a directory of its own, on loopback ports only, gone with
// the process that started it. It takes seconds to start, so a test file starts one for all of its tests. Where it is missing
// and we are root on Debian it is installed, otherwise the test fails and names it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Guard } from '../connectors/kafka/local/guard.ts'
import { freePorts } from '../connectors/kafka/local/ports.ts'
import type { Certificates } from './certificates.ts'
import { requireInstalled } from './debian.ts'
import { until } from './flows/harness/until.ts'

export interface RabbitmqOptions {
  /** The one user, who may do everything. */
  readonly username: string
  readonly password: string
  /** Speaks TLS on `tlsPort`, and asks clients for a certificate without insisting. */
  readonly tls?: Certificates
  /** Further lines of its configuration. */
  readonly settings?: readonly string[]
}

export interface Rabbitmq {
  readonly port: number
  /** Nobody listens there without `tls`. */
  readonly tlsPort: number
  readonly url: string
  /** rabbitmqctl with these arguments; throws an Error with what it said when it fails. */
  control(...args: readonly string[]): string
  /** Kills it, as an outage would. */
  kill(): Promise<void>
  /** Ends it as an operator does. */
  shutDown(): Promise<void>
  /** Starts it again, with all that was durable. */
  start(): Promise<void>
  /** Stops it for good and removes its directory. */
  stop(): Promise<void>
}

/** Without the wrappers in /usr/sbin, which change to a user of their own. */
const scripts = '/usr/lib/rabbitmq/bin'

/** Throws an error that names the broker where it is missing and cannot be installed. */
export function requireRabbitmq(): void {
  const find = () => existsSync(join(scripts, 'rabbitmq-server'))
  requireInstalled({ name: 'RabbitMQ', package: 'rabbitmq-server', find })
}

/** A running broker. Throws an error that names RabbitMQ where it is missing and cannot be installed. */
export async function startRabbitmq(options: RabbitmqOptions): Promise<Rabbitmq> {
  requireRabbitmq()
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-rabbitmq-'))
  const guard = new Guard(directory)
  const [port = 0, tlsPort = 0, mapperPort = 0, nodePort = 0] = await freePorts(4)
  const ports = { port, tlsPort, mapperPort, nodePort }
  const env = await writeFiles(directory, { ...options, ...ports })
  const watched = (command: string, args: readonly string[]) =>
    new Watched(spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }), guard)
  // Erlang would start this one by itself and leave it running.
  const mapper = watched('epmd', ['-port', String(mapperPort), '-address', '127.0.0.1'])
  let broker: Watched | undefined
  const start = async () => {
    await until('epmd listens', () => listens(mapperPort))
    const started = watched(join(scripts, 'rabbitmq-server'), ['-noinput'])
    broker = started
    await until('RabbitMQ listens', () => {
      if (started.hasEnded) throw new Error(`RabbitMQ did not start:\n${started.said}`)
      return listens(port)
    })
  }
  const stop = async () => {
    await broker?.end('SIGKILL')
    await mapper.end('SIGKILL')
    await guard.close()
  }
  await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  const { username, password } = options
  return {
    ...{ port, tlsPort, start, stop },
    url: `amqp://${username}:${password}@127.0.0.1:${port}`,
    control: (...args) => control(args, env),
    kill: async () => broker?.end('SIGKILL'),
    shutDown: async () => broker?.end('SIGTERM')
  }
}

/** A process that ends with ours. */
class Watched {
  said = ''
  readonly #child: ChildProcess
  readonly #guard: Guard

  constructor(child: ChildProcess, guard: Guard) {
    this.#child = child
    this.#guard = guard
    if (child.pid !== undefined) guard.watch(child.pid)
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.said = `${this.said}${chunk}`.slice(-4_000)
      })
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.hasEnded) return
    const ended = once(this.#child, 'close')
    this.#child.kill(signal)
    await ended
    if (this.#child.pid !== undefined) this.#guard.forget(this.#child.pid)
  }
}

interface Ports {
  readonly port: number
  readonly tlsPort: number
  /** Of epmd, which tells Erlang nodes where others are. */
  readonly mapperPort: number
  /** On which the node listens for others, such as rabbitmqctl. */
  readonly nodePort: number
}

/** Writes its configuration, and returns the environment that makes it use nothing outside of the directory. */
async function writeFiles(
  directory: string,
  options: RabbitmqOptions & Ports
): Promise<Record<string, string>> {
  const file = async (name: string, text: string) => {
    const path = join(directory, name)
    await writeFile(path, text)
    return path
  }
  const { username, password, tls, settings = [], port, tlsPort, mapperPort, nodePort } = options
  const lines = [`listeners.tcp.1 = 127.0.0.1:${port}`, 'log.console = true', 'log.file = false']
  lines.push(`default_user = ${username}`, `default_pass = ${password}`, ...settings)
  if (tls !== undefined) {
    lines.push(`listeners.ssl.1 = 127.0.0.1:${tlsPort}`, 'ssl_options.verify = verify_peer')
    lines.push('ssl_options.fail_if_no_peer_cert = false')
    lines.push(`ssl_options.cacertfile = ${await file('ca.pem', tls.ca)}`)
    lines.push(`ssl_options.certfile = ${await file('cert.pem', tls.cert)}`)
    lines.push(`ssl_options.keyfile = ${await file('key.pem', tls.key)}`)
  }
  const logs = join(directory, 'log')
  await mkdir(logs)
  return {
    PATH: process.env.PATH ?? '',
    HOME: directory, // for the cookie of Erlang
    LANG: 'C.UTF-8',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(mapperPort),
    RABBITMQ_ALLOW_INPUT: '1', // the node takes the place of the script, and its process id
    RABBITMQ_CONFIG_FILE: await file('rabbitmq.conf', `${lines.join('\n')}\n`),
    RABBITMQ_CONF_ENV_FILE: await file('env.conf', ''),
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_ENABLED_PLUGINS_FILE: await file('enabled_plugins', '[].\n'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(directory, 'config'),
    RABBITMQ_LOG_BASE: logs,
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_NODENAME: 'tailrace@localhost',
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}'
  }
}

function control(args: readonly string[], env: Record<string, string>): string {
  const { status, stdout, stderr } = spawnSync(join(scripts, 'rabbitmqctl'), args, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`rabbitmqctl ${args.join(' ')} failed:\n${stdout}${stderr}`)
  return stdout
}

/** Whether somebody listens on the port. */
function listens(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  return new Promise(resolve => {
    const tell = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => tell(true)).once('error', () => tell(false))
  })
}
