// A day of a fleet through the profile for toll systems, at speed: the receiver refuses and puts off at random and is out of
// order in every way, three processes are killed, and what it has decided in the end is what a plain reference says.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seeded } from '../../../seeded.ts'
import { type EnginePromise, type Findings, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'
import { differing } from './compare.ts'
import { type DayMessage, dayOf } from './day.ts'
import { axlesOf, vehiclesFile } from './profile.ts'
import { judgeReceipts, toldBy } from './receipts.ts'
import { type Expected, expectedOf } from './reference.ts'
import { disturb, quiet, type Run, Tolled } from './story.ts'

/** Known, and never heard. */
const ghost = '000000000000001'
const daySeconds = 86_400

export const toll: EnginePromise = {
  name: 'toll',
  title: 'a day through the toll profile arrives in order over refusals, outages and three kill -9',
  async run(stage, { isLong }) {
    const startSeconds = Math.floor(Date.now() / 1000) - daySeconds
    const messages = dayOf({ random: seeded(1), startSeconds, rounds: isLong ? 4 : 1 })
    const devices = [...new Set(messages.map(({ device }) => device)), ghost]
    const noon = startSeconds + daySeconds / 2
    const now = () => startSeconds + daySeconds
    const expected = expectedOf(messages, { now, axles: axlesOf(devices, noon) })
    const folder = await mkdtemp(join(tmpdir(), 'tailrace-toll-'))
    try {
      await writeFile(join(folder, 'devices.yaml'), vehiclesFile(devices, noon))
      const about = { messages, lastingMs: isLong ? 120_000 : 16_000 }
      return await told(stage, { ...about, folder, expected })
    } finally {
      await rm(folder, { recursive: true })
    }
  }
}

interface About {
  readonly messages: readonly DayMessage[]
  readonly lastingMs: number
  readonly folder: string
  readonly expected: Expected
}

async function told(stage: Stage, { messages, lastingMs, folder, expected }: About): Promise<Findings> {
  const topic = await stage.createTopic()
  const records = messages.map(({ device, text }) => ({ key: Buffer.from(device), value: Buffer.from(text) }))
  const tolled = await Tolled.open(stage, { topic, devices: join(folder, 'devices.yaml'), refusals: 0.01 })
  const disturbed = await disturb(tolled, { records, lastingMs })
  const silent = await toldBy(disturbed.last, 'silent', 'toll', '--after', '1s')
  const receipts = await judgeReceipts(disturbed.last, tolled, folder)
  const undisturbed = await Tolled.open(stage, { topic, devices: join(folder, 'devices.yaml'), refusals: 0 })
  const counts = await quiet(undisturbed)
  const found = [...differing(tolled.office, expected), ...differing(undisturbed.office, expected)]
  return {
    complaints: [
      ...[...tolled.office.complaints, ...undisturbed.office.complaints, ...found].slice(0, 10),
      ...countComplaints(counts, expected, undisturbed),
      ...receipts.complaints,
      ...unless(
        [tolled.double.unsigned === 0, `${tolled.double.unsigned} requests were not signed`],
        [silent.includes(ghost), `tailrace silent does not tell of who was never heard: ${silent}`],
        [
          silent.split('\n').length === 124,
          `tailrace silent tells of ${silent.split('\n').length - 1} devices`
        ]
      )
    ],
    shortfalls: [],
    figures: {
      messages: messages.length,
      due: [...expected.due.values()].reduce((sum, positions) => sum + positions.length, 0),
      accepted: tolled.office.count('accepted'),
      refused: tolled.office.count('refused'),
      filtered: expected.filtered,
      expired: expected.expired,
      requests: tolled.office.requests,
      arrivals: tolled.office.arrivals,
      receipts: receipts.count,
      disturbances: disturbed.done
    }
  }
}

/** Where nothing dies every message is counted once, under its reason. */
function countComplaints(counts: Run, expected: Expected, { office }: Tolled): string[] {
  const of = (name: string, found: number, wanted: number): string[] =>
    found === wanted ? [] : [`${found} messages were counted as ${name}, and not ${wanted}`]
  return [
    ...of('filtered', counts.filtered, expected.filtered),
    ...of('expired', counts.expired, expected.expired),
    ...of('dead letters', counts.deadLettered, expected.broken),
    ...of('delivered', counts.delivered, office.count('accepted'))
  ]
}
