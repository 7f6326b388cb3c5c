// `tailrace plan`: what a changed configuration would do to a process that runs the old one, before it does it.

import type { Command } from 'commander'
import { FaultError } from '../../schemas/errors.ts'
import type { ValidConfig } from '../service/config/load.ts'
import type { ChannelChange, Plan, StreamChange } from '../service/reload/plan.ts'
import { counted, type Paint, painter, printJson } from './output.ts'

interface PlanOptions {
  readonly all?: true
  readonly json?: true
}

const examples = `
Examples:
  tailrace plan tailrace.yaml new.yaml               what changes, and why
  tailrace plan <(git show HEAD:fleet.yaml) fleet.yaml   what has changed since the last commit
  tailrace plan --all tailrace.yaml new.yaml         also the streams that go on as they are
  tailrace plan --json tailrace.yaml new.yaml        one JSON object: {"streams":[{"stream":...,"action":...}],...}

"tailrace run" does the same by itself when its files change. A stream that restarts finishes what is in flight and
commits it, then goes on from there. Only names of fields are shown, no values: they may be secrets.

Exit codes: 0 it can be applied while Tailrace runs, also if nothing changes; 1 it needs a restart of the process, and
would be refused; 2 one of the two is not valid; 3 one of them cannot be read.`

export function planCommand(program: Command): void {
  program
    .command('plan')
    .description('Show what a changed configuration would start, stop and restart, and why.')
    .argument('<old>', 'the configuration in force: a YAML file, or a folder of them')
    .argument('<new>', 'the changed one')
    .option('--all', 'also show the streams that go on as they are')
    .option('--json', 'print the plan as one JSON object')
    .addHelpText('after', examples)
    .action(plan)
}

async function plan(before: string, after: string, options: PlanOptions): Promise<void> {
  const { isEmpty, planReload } = await import('../service/reload/plan.ts')
  const found = planReload((await load(before)).config, (await load(after)).config)
  process.exitCode = found.needsRestart.length > 0 ? 1 : 0
  if (options.json) printJson(found)
  else if (isEmpty(found)) process.stdout.write('Nothing changes.\n')
  else for (const line of linesOf(found, options, painter(process.stdout))) process.stdout.write(`${line}\n`)
}

/** Throws `config_invalid` with one line for each mistake, also those that only the connectors find. */
async function load(path: string): Promise<ValidConfig> {
  const [{ registry }, { readConfig }, { allProblems }, { formatProblem }] = await Promise.all([
    import('../../connectors/registry.ts'),
    import('../service/config/load.ts'),
    import('../service/config/connectors.ts'),
    import('../service/config/problem.ts')
  ])
  const loaded = readConfig(path, { registry, env: process.env })
  const problems = await allProblems(loaded, registry)
  if (loaded.kind === 'valid' && problems.length === 0) return loaded
  throw new FaultError('config_invalid', { detail: ['', ...problems.map(formatProblem)].join('\n') })
}

const looks = {
  start: { sign: '+', style: 'green', verb: 'starts' },
  restart: { sign: '~', style: 'yellow', verb: 'restarts' },
  stop: { sign: '-', style: 'red', verb: 'stops' },
  keep: { sign: ' ', style: 'dim', verb: 'goes on' },
  add: { sign: '+', style: 'green', verb: 'is added' },
  change: { sign: '~', style: 'yellow', verb: 'changes' },
  remove: { sign: '-', style: 'red', verb: 'is removed; its topic stays' }
} as const

function linesOf(
  { streams, channels, immediate, needsRestart }: Plan,
  { all }: PlanOptions,
  paint: Paint
): string[] {
  const kept = streams.filter(({ action }) => action === 'keep')
  const shown = all ? streams : streams.filter(({ action }) => action !== 'keep')
  return [
    ...channels.flatMap(change => linesOfOne(`channel ${change.channel}`, change, paint)),
    ...shown.flatMap(change => linesOfOne(`stream ${change.stream}`, change, paint)),
    ...(all || kept.length === 0 ? [] : [paint('dim', `  ${counted(kept.length, 'stream')} not touched`)]),
    ...immediate.map(path => `${paint('yellow', '~')} ${path} takes effect at once`),
    ...(needsRestart.length === 0
      ? []
      : [
          paint(
            'red',
            `This needs a restart of the process, and would be refused: ${needsRestart.join(', ')}`
          )
        ])
  ]
}

function linesOfOne(what: string, change: StreamChange | ChannelChange, paint: Paint): string[] {
  const { sign, style, verb } = looks[change.action]
  const because = change.because.length === 0 ? '' : `: ${change.because.join(', ')}`
  return [
    `${paint(style, sign)} ${what} ${verb}${because}`,
    ...change.notes.map(note => `    ${paint('dim', note)}`)
  ]
}
