// A real Prometheus for tests: on a loopback port, with a folder of its own that goes with the process which started it. It
// scrapes what it is told to, and answers queries. Where it is missing and we are root on Debian it is installed, otherwise
// the test fails and names it.

import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Guard } from '../connectors/kafka/local/guard.ts'
import { freePorts } from '../connectors/kafka/local/ports.ts'
import { requireInstalled } from './debian.ts'
import { until } from './flows/harness/until.ts'

/** What is scraped: where, and the labels that all of its series get. */
export interface ScrapeTarget {
  /** host:port; of it /metrics. */
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
}

export interface PrometheusOptions {
  /** How often targets are scraped; default: a second. */
  readonly scrapeMs?: number
  /** Paths of files with rules. */
  readonly rules?: readonly string[]
}

/** One series of the answer to a query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** An alert that is firing, or begins to: it has not lasted as long as it must. */
export interface Alert {
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface Prometheus {
  readonly url: string
  /** Of the rules that it was given. */
  alerts(): Promise<Alert[]>
  /** From now on these are scraped, and no others. */
  scrape(targets: readonly ScrapeTarget[]): void
  /** The answer to an instant query; rejects with what Prometheus says of a query that it cannot take. */
  query(expression: string): Promise<Sample[]>
  stop(): Promise<void>
}

/** A running Prometheus that scrapes nothing yet. Throws an error that names it where it is missing and cannot be installed. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  requirePrometheus()
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-prometheus-'))
  const guard = new Guard(directory)
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const targets = await mkdirOf(join(directory, 'targets'))
  const config = await writeConfig(directory, options)
  const child = spawn('prometheus', argumentsOf({ config, directory, port }), {
    stdio: ['ignore', 'ignore', 'pipe']
  })
  if (child.pid !== undefined) guard.watch(child.pid)
  const exit = once(child, 'close')
  const stop = async () => {
    child.kill()
    await exit
    await guard.close()
  }
  await ready(child, url).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    url,
    scrape: wanted => {
      const groups = wanted.map(({ address, labels }) => ({ targets: [address], labels }))
      // Written beside it and moved, so that it never reads half of a file; at once, so that the last call is the one that counts.
      writeFileSync(join(directory, 'targets.new'), JSON.stringify(groups))
      renameSync(join(directory, 'targets.new'), join(targets, 'targets.json'))
    },
    query: expression => query(url, expression),
    alerts: () => alerts(url),
    stop
  }
}

async function ready(child: ChildProcessByStdio<null, null, Readable>, url: string): Promise<void> {
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4_000)
  })
  await until('Prometheus is ready', async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus did not start:\n${said}`)
    return (await fetch(`${url}/-/ready`).catch(() => null))?.ok ?? false
  })
}

/** Throws an error that names the package of prometheus and promtool where they are missing and cannot be installed. */
export function requirePrometheus(): void {
  const find = () => ['prometheus', 'promtool'].every(runs)
  requireInstalled({ name: 'prometheus', package: 'prometheus', find })
}

function runs(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

async function mkdirOf(path: string): Promise<string> {
  await mkdir(path)
  return path
}

async function writeConfig(
  directory: string,
  { rules = [], scrapeMs = 1_000 }: PrometheusOptions
): Promise<string> {
  const path = join(directory, 'prometheus.yml')
  const every = `${scrapeMs}ms`
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: rules,
    scrape_configs: [
      { job_name: 'tailrace', file_sd_configs: [{ files: [join(directory, 'targets', '*.json')] }] }
    ]
  }
  await writeFile(path, JSON.stringify(config)) // JSON is YAML
  return path
}

interface Started {
  readonly config: string
  readonly directory: string
  readonly port: number
}

function argumentsOf({ config, directory, port }: Started): string[] {
  return [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`
  ]
}

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] }
}

async function query(url: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expression })
  })
  const { error, data } = (await response.json()) as Answer // the API's own shape
  if (data === undefined) throw new Error(`${expression}: ${error}`)
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}

async function alerts(url: string): Promise<Alert[]> {
  const response = await fetch(`${url}/api/v1/alerts`)
  const { data } = (await response.json()) as { data: { alerts: Alert[] } } // the API's own shape
  return data.alerts
}
