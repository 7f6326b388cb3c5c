// One stream of twenty is changed again and again while messages flow: the configuration's file is written, and Tailrace
// applies it by itself. The other nineteen must not notice, and nothing may be lost or sent twice, not by the changed one either.

import { writeFile } from 'node:fs/promises'
import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { tick, until } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { type EnginePromise, round3, unless } from '../promise.ts'
import { Sink } from '../sink.ts'
import { type Process, partitionCount, type Stage } from '../stage.ts'

const streamCount = 20
const perSecond = 100
/** How often the one is changed. */
const changes = { long: 100, short: 3 }
/** The longest gap of the others, as a multiple of that without changes. */
const mostGapShare = 2

/** The one that is changed, and the others. */
const [changed, ...others] = Array.from({ length: streamCount }, (_, at) => `stream-${at}`)

export const reload: EnginePromise = {
  name: 'reload',
  title:
    'a stream that is changed again and again disturbs none of its neighbours, and loses and repeats nothing',
  async run(stage, scale) {
    const crew = await start(stage)
    const { sinks, sender, fleet, topic } = crew
    const counts = scale.isLong ? changes.long : changes.short
    const { durationMs, gapMs } = await changeOften(stage, crew, counts)
    const calmMs = await longestGapMs(crew, () => tick(durationMs))
    await sender.finish(0)
    const stored = await settledByAll(stage, crew)
    const share = round3(gapMs / calmMs)
    return {
      complaints: Object.entries(sinks).flatMap(([name, { ledger }]) =>
        complaintsAbout(ledger, { sent: fleet.issued, stored }).map(complaint => `${name}: ${complaint}`)
      ),
      shortfalls: unless([share <= mostGapShare, `the longest gap is ${share} times that without changes`]),
      figures: {
        topic: [topic],
        changes: counts,
        seconds: Math.round(durationMs / 1000),
        messagesOfEach: stored,
        longestGapMs: Math.round(gapMs),
        longestGapWithoutMs: Math.round(calmMs),
        share
      }
    }
  }
}

type Sinks = Readonly<Record<string, Sink>>

interface Crew extends Awaited<ReturnType<typeof start>> {}

async function start(stage: Stage) {
  const topic = await stage.createTopic()
  const fleet = new Fleet()
  const names = [changed ?? '', ...others]
  const sinks: Sinks = Object.fromEntries(
    await Promise.all(names.map(async name => [name, await Sink.open(stage, { latencyMs: 10 })] as const))
  )
  const group = uniqueName('reload')
  const streams = Object.fromEntries(
    names.map(name => [name, { group: `${group}.${name}`, target: { http: { url: sinks[name]?.url } } }])
  )
  const instance = await stage.start({ topic, streams })
  const sender = stage.send(topic, fleet, perSecond)
  await until('all receivers have had something', () =>
    names.every(name => (sinks[name]?.pace.count ?? 0) > 0)
  )
  return { topic, fleet, sinks, streams, group, instance, sender }
}

/** Changes the one so often, each time once the change before has come into force and all partitions are open. */
async function changeOften(stage: Stage, crew: Crew, times: number) {
  const startedMs = performance.now()
  const gapMs = await longestGapMs(crew, async () => {
    for (let time = 1; time <= times; time++) {
      await writeFile(crew.instance.configFile, JSON.stringify(stage.config(withChange(crew, time))))
      await until(`change ${time} is in force`, () => isInForce(crew.instance, time + 1))
    }
  })
  return { gapMs, durationMs: performance.now() - startedMs }
}

function withChange({ topic, streams }: Crew, time: number): Process {
  const name = changed ?? ''
  const one = streams[name]
  if (one === undefined) throw new Error(`no ${name}`)
  return { topic, streams: { ...streams, [name]: { ...one, concurrency: 100 + time } } }
}

async function isInForce(instance: Instance, generation: number): Promise<boolean> {
  const streams = await instance.streams()
  const one = streams.find(({ name }) => name === changed)
  const open = one?.partitions.filter(({ settledTo }) => settledTo !== null).length
  return one?.generation === generation && open === partitionCount
}

/** The longest time in which one of the others got nothing while something went on. */
async function longestGapMs({ sinks }: Crew, act: () => Promise<void>): Promise<number> {
  const paces = others.map(name => sinks[name]?.pace)
  for (const pace of paces) pace?.reset()
  await act()
  return Math.max(...paces.map(pace => pace?.longestGapMs ?? 0))
}

async function settledByAll(stage: Stage, { group, topic }: Crew): Promise<number> {
  let stored = 0
  for (const name of [changed ?? '', ...others]) stored = await stage.settled(`${group}.${name}`, topic)
  return stored
}
