// A real MQTT broker for tests: mosquitto on a loopback port, without persistence unless a test asks for it, gone with the
// process that started it. Where it is missing and we are root on Debian it is installed, otherwise the test fails and names it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Guard } from '../connectors/kafka/local/guard.ts'
import { freePorts } from '../connectors/kafka/local/ports.ts'
import type { Certificates } from './certificates.ts'
import { requireInstalled } from './debian.ts'
import { until } from './flows/harness/until.ts'

export interface MosquittoOptions {
  /** Sessions and what waits for them are kept over shutDown() and start(). */
  readonly persists?: true
  /** Further lines of its configuration. */
  readonly settings?: readonly string[]
  /** User names and passwords; without them everybody may connect. */
  readonly users?: Readonly<Record<string, string>>
  /** Lines of its access list; without them everybody may read and write everything. */
  readonly access?: readonly string[]
  /** Speaks TLS on `port`. */
  readonly tls?: Certificates
  /** Lets in only who has a certificate of the same authority. */
  readonly clientCertificates?: true
}

export interface Mosquitto {
  readonly port: number
  /** A port without TLS; the same one if there is no TLS at all. */
  readonly plainPort: number
  /** For WebSockets, with TLS where `port` has it. */
  readonly webSocketPort: number
  /** Kills it, as an outage would. */
  kill(): Promise<void>
  /** Ends it as an operator does. */
  shutDown(): Promise<void>
  /** Starts it again; what is kept says `persists`. */
  start(): Promise<void>
  /** Stops it for good and removes its directory. */
  stop(): Promise<void>
}

/** A running broker. Throws an error that names mosquitto where it is missing and cannot be installed. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const path = requireMosquitto()
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-mosquitto-'))
  const guard = new Guard(directory)
  const [port = 0, other = 0, webSocketPort = 0] = await freePorts(3)
  const plainPort = options.tls === undefined ? port : other
  const config = await writeConfig(directory, { ...options, port, plainPort, webSocketPort })
  let child: ChildProcess | undefined
  const start = async () => {
    let said = ''
    const started = spawn(path, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    started.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-4_000)
    })
    if (started.pid !== undefined) guard.watch(started.pid)
    child = started
    await until('mosquitto listens', () => {
      if (started.exitCode !== null) throw new Error(`mosquitto did not start:\n${said}`)
      return listens(port)
    })
  }
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'close')
    child.kill(signal)
    await ended
    if (child.pid !== undefined) guard.forget(child.pid)
  }
  const kill = () => end('SIGKILL')
  const stop = async () => {
    await kill()
    await guard.close()
  }
  await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { port, plainPort, webSocketPort, kill, shutDown: () => end('SIGTERM'), start, stop }
}

/** The path of the broker. Throws an error that names it where it is missing and cannot be installed. */
export function requireMosquitto(): string {
  const find = () => ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', 'mosquitto'].find(runs)
  return requireInstalled({ name: 'mosquitto', package: 'mosquitto', find })
}

function runs(path: string): boolean {
  return spawnSync(path, ['-h'], { stdio: 'ignore' }).error === undefined
}

type Ports = Pick<Mosquitto, 'port' | 'plainPort' | 'webSocketPort'>

/** Writes its configuration and the files that this names, and returns its path. */
async function writeConfig(directory: string, options: MosquittoOptions & Ports): Promise<string> {
  const { settings = [], users, access, tls, port, plainPort, webSocketPort } = options
  const file = async (name: string, text: string) => {
    const path = join(directory, name)
    await writeFile(path, text)
    return path
  }
  // As root it would change to a user that may not read its files.
  const lines = [...(process.getuid?.() === 0 ? ['user root'] : []), 'log_dest stderr']
  if (options.persists) lines.push('persistence true', `persistence_location ${directory}/`)
  else lines.push('persistence false')
  lines.push(`allow_anonymous ${users === undefined}`)
  if (users !== undefined) {
    const passwords = Object.entries(users).map(([name, password]) => `${name}:${password}\n`)
    lines.push(`password_file ${hashed(await file('passwords', passwords.join('')))}`)
  }
  if (access !== undefined) lines.push(`acl_file ${await file('access', `${access.join('\n')}\n`)}`)
  const secure: string[] = []
  if (tls !== undefined) {
    secure.push(`cafile ${await file('ca.pem', tls.ca)}`, `certfile ${await file('cert.pem', tls.cert)}`)
    secure.push(`keyfile ${await file('key.pem', tls.key)}`)
    secure.push(`require_certificate ${options.clientCertificates === true}`)
  }
  lines.push(...settings, `listener ${plainPort} 127.0.0.1`)
  if (tls !== undefined) lines.push(`listener ${port} 127.0.0.1`, ...secure)
  lines.push(`listener ${webSocketPort} 127.0.0.1`, 'protocol websockets', ...secure)
  return file('mosquitto.conf', `${lines.join('\n')}\n`)
}

/** Replaces the passwords in a file by what mosquitto wants to see. */
function hashed(path: string): string {
  if (spawnSync('mosquitto_passwd', ['-U', path], { stdio: 'ignore' }).status !== 0)
    throw new Error('mosquitto_passwd failed')
  return path
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
