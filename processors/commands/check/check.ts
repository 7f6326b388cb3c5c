// `tailrace check`: reads a configuration and tells every mistake with its place; with --connect it also tries what
// the configuration names. What is right goes to standard output, what is wrong to standard error.

import type { Command } from 'commander'
import type { Registry } from '../../../connectors/registry.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { readAttributes } from '../../attributes/attributes.ts'
import type { ValidConfig } from '../../service/config/load.ts'
import { formatProblem, type Problem } from '../../service/config/problem.ts'
import { counted, painter, printJson } from '../output.ts'
import { configArgument } from '../shared/stream.ts'
import { wholeNumber } from '../terminal/values.ts'
import type { Trial } from './probe.ts'

interface CheckOptions {
  readonly connect?: true
  readonly against?: string
  readonly last: number
  readonly json?: true
}

const examples = `
Examples:
  tailrace check                          tailrace.yaml of the current folder
  tailrace check /etc/tailrace            every .yaml and .yml file of a folder, as one configuration
  tailrace check --connect                also try Kafka, its topics and every target, not the sources;
                                          nothing is changed or sent
  tailrace check --against fleet          also warn of fields that steps look at and recent messages lack
  tailrace check --json                   one JSON object: {"ok":false,"problems":[{"file":...,"line":...}]}

Certificates and tokens that have expired, or will within 14 days, are warned of.

Exit codes: 0 all is well, 2 the configuration is not valid, 3 something could not be read or reached.`

export function checkCommand(program: Command): void {
  program
    .command('check')
    .description('Check a configuration and tell every mistake with its place.')
    .argument(...configArgument)
    .option('--connect', 'also try Kafka and the targets')
    .option(
      '--against <channel>',
      'warn of fields that steps look at and recent messages of the channel lack'
    )
    .option('--last <count>', 'how many messages that means, at most 10,000', wholeNumber(1, 10_000), 1_000)
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', examples)
    .action(check)
}

interface Report {
  readonly loaded?: ValidConfig
  readonly problems: readonly Problem[]
  readonly trials?: readonly Trial[]
  /** What may be wrong. */
  readonly warnings?: readonly Problem[]
}

async function check(path: string, options: CheckOptions): Promise<void> {
  const { registry } = await import('../../../connectors/registry.ts')
  try {
    const report = await examine(path, registry, options)
    if (options.json) printJson(jsonOf(report))
    else printReport(report)
    process.exitCode = exitCodeOf(report)
  } catch (error) {
    if (!options.json || !(error instanceof FaultError)) throw error
    printJson({ ok: false, error: { code: error.code, message: error.message } })
    process.exitCode = error.spec.exitCode ?? 1
  }
}

async function examine(path: string, registry: Registry, options: CheckOptions): Promise<Report> {
  const [{ readConfig }, { allProblems }, { tryConnections }, { expiryWarnings }] = await Promise.all([
    import('../../service/config/load.ts'),
    import('../../service/config/connectors.ts'),
    import('./probe.ts'),
    import('./expiry.ts')
  ])
  const loaded = readConfig(path, { registry, env: process.env })
  const found = await allProblems(loaded, registry)
  if (loaded.kind === 'invalid') return { problems: found }
  const problems = [...found, ...attributeProblems(loaded)]
  const { against, connect, last } = options
  if (problems.length > 0) return { loaded, problems }
  const doubtful = against === undefined ? [] : await warningsOf(loaded, against, last)
  const warnings = [...expiryWarnings(loaded, Date.now()), ...doubtful]
  return {
    ...{ loaded, problems },
    ...(connect && { trials: await tryConnections(loaded, registry) }),
    ...((against !== undefined || warnings.length > 0) && { warnings })
  }
}

function attributeProblems({ config, folder }: ValidConfig): readonly Problem[] {
  return config.attributes === undefined ? [] : readAttributes(config.attributes, folder).problems
}

async function warningsOf(loaded: ValidConfig, channel: string, last: number): Promise<Problem[]> {
  const { warningsAgainst } = await import('./against.ts')
  return warningsAgainst(loaded, channel, last)
}

function exitCodeOf({ problems, trials = [] }: Report): number {
  if (problems.length > 0) return 2
  return trials.some(trial => trial.result === 'failed') ? 3 : 0
}

function jsonOf(report: Report): unknown {
  const ok = exitCodeOf(report) === 0
  const { loaded, problems, trials, warnings } = report
  if (loaded === undefined || problems.length > 0) return { ok, problems }
  const { channels, streams } = loaded.config
  const counts = { channels: Object.keys(channels).length, streams: Object.keys(streams).length }
  return { ok, problems, ...counts, ...(trials && { trials }), ...(warnings && { warnings }) }
}

function printReport(report: Report): void {
  const { loaded, problems, trials = [], warnings = [] } = report
  for (const trial of trials) printTrial(trial)
  printProblems(warnings, 'yellow', 'warning')
  if (loaded !== undefined && problems.length === 0) {
    const { channels, streams } = loaded.config
    const counts = `${counted(Object.keys(channels).length, 'channel')}, ${counted(Object.keys(streams).length, 'stream')}`
    const paint = painter(process.stdout)
    if (exitCodeOf(report) === 0) process.stdout.write(`${paint('green', 'ok')}: ${counts}\n`)
    return
  }
  printProblems(problems, 'red', 'mistake')
}

function printProblems(problems: readonly Problem[], colour: 'red' | 'yellow', noun: string): void {
  if (problems.length === 0) return
  const paint = painter(process.stderr)
  for (const problem of problems) {
    const line = formatProblem(problem)
    const place = line.slice(0, line.indexOf(' '))
    process.stderr.write(`${paint('bold', place)}${line.slice(place.length)}\n`)
  }
  process.stderr.write(`${paint(colour, counted(problems.length, noun))}\n`)
}

const colours = { ok: 'green', differs: 'yellow', skipped: 'yellow', failed: 'red' } as const

function printTrial({ path, result, detail, hint }: Trial): void {
  const stream = result === 'failed' ? process.stderr : process.stdout
  stream.write(`${painter(stream)(colours[result], result)}: ${path}: ${detail}\n`)
  if (hint !== undefined) stream.write(`  ${hint.replaceAll('\n', '\n  ')}\n`)
}
