// How many processes a stream has use for, as an autoscaler reads it: the sum of what each says, and one at least. While
// the target is down that is one, however much waits; while it catches up at most the partitions that have something.

import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { tick, until, untilNoneIsLeft } from '../../harness/until.ts'
import { type Findings, type Scale, unless } from '../promise.ts'
import { Sink } from '../sink.ts'
import type { Stage } from '../stage.ts'
import { Crew } from './crew.ts'

const processes = 3
const lookMs = 250

interface Look {
  /** What the autoscaler makes of it. */
  readonly replicas: number
  /** That have something that is not settled, at the same moment. */
  readonly partitionsWithLag: number
  readonly lag: number
  readonly isWaiting: boolean
}

export async function useful(stage: Stage, { isLong }: Scale): Promise<Findings> {
  const topic = await stage.createTopic()
  const fleet = new Fleet()
  const messages = isLong ? 120_000 : 10_000
  await stage.fill(topic, { fleet, messages })
  // So slow that it is behind for a while once it is back: in the long form for longer than the minute and a half after which it asks for more.
  const sink = await Sink.open(stage, { latencyMs: isLong ? 200 : 50 })
  const target = { http: { url: sink.url, maxMessages: 5, batchesInFlight: 8 } }
  const crew = new Crew(stage, topic, { target })
  await sink.stop()
  await crew.resize(processes)
  await until('every process knows that the target is down', async () => (await look(crew)).isWaiting)
  const down = await look(crew)
  await sink.start()
  const behind = await watch(crew, async () => {
    await untilNoneIsLeft(() => messages - sink.ledger.distinct)
    await until('all is settled and known to be', async () => (await look(crew)).lag === 0)
  })
  const idle = await look(crew)
  await crew.resize(0)
  await sink.stop()
  return judge({ messages, down, behind, idle })
}

interface Looks {
  readonly messages: number
  readonly down: Look
  readonly behind: readonly Look[]
  readonly idle: Look
}

function judge({ messages, down, behind, idle }: Looks): Findings {
  const most = Math.max(...behind.map(({ replicas }) => replicas))
  const above = behind.filter(({ replicas, partitionsWithLag }) => replicas > Math.max(1, partitionsWithLag))
  return {
    complaints: unless(
      [down.replicas === 1, `${down.replicas} replicas are of use to a target that is down`],
      [down.lag === messages, `${down.lag} messages waited for the target, not ${messages}`],
      [above.length === 0, `more replicas than partitions with lag: ${JSON.stringify(above[0])}`],
      [idle.replicas === 1, `${idle.replicas} replicas are of use where nothing waits`]
    ),
    // How much it was behind depends on the machine.
    shortfalls: unless([
      most > processes,
      `at most ${most} replicas were of use while ${processes} were behind`
    ]),
    figures: {
      usefulWhileDown: down.replicas,
      usefulWhileBehind: behind.map(({ replicas }) => replicas).filter((one, at, all) => one !== all[at - 1]),
      usefulWhenIdle: idle.replicas
    }
  }
}

/** What was seen while something went on. */
async function watch(crew: Crew, act: () => Promise<void>): Promise<Look[]> {
  const looks: Look[] = []
  let isOver = false
  const acting = act().finally(() => {
    isOver = true
  })
  while (!isOver) {
    looks.push(await look(crew))
    await tick(lookMs)
  }
  await acting
  return looks
}

/** Each process is looked at by itself: what it says agrees with its own partitions of the same moment. */
async function look({ instances }: Crew): Promise<Look> {
  const reports = await Promise.all(instances.map(reportOf))
  const sum = (of: (report: (typeof reports)[number]) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  return {
    replicas: Math.max(1, Math.ceil(sum(({ usefulReplicas }) => usefulReplicas))),
    partitionsWithLag: sum(({ partitions }) => partitions.filter(({ lag }) => lag > 0).length),
    lag: sum(({ lag }) => lag),
    isWaiting: reports.every(({ state }) => state === 'waiting')
  }
}

async function reportOf(instance: Instance) {
  const report = await instance.stream()
  if (report === null) throw new Error(`${instance.name} does not answer`)
  return report
}
