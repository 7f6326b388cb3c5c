// Which fields the steps of a stream look at that no recent message has where they stand: misspelt names for the most part.
// The messages go through the steps, so that what earlier steps add, rename or drop is taken into account.

import { type Clock, systemClock } from '../../../connectors/clock.ts'
import { channelsOf, type StreamConfig } from '../../../schemas/stream.ts'
import type { ValidConfig } from '../../service/config/load.ts'
import { type Problem, pointerTo } from '../../service/config/problem.ts'
import type { Surroundings } from '../../service/streams/steps.ts'
import { wantedBy } from '../../service/streams/steps.ts'
import { compileSteps } from '../../steps/compile.ts'
import { type Memories, Pipeline } from '../../steps/pipeline.ts'
import { suggestion } from '../../suggestion.ts'
import { type Given, lastMessages, withAdmin } from '../shared/messages.ts'
import { reachKafka } from '../shared/reach.ts'
import { channelIn } from '../shared/stream.ts'
import { presentSurroundings } from '../shared/surroundings.ts'

/** Every such field, at its place. Throws `usage` for a channel that is not there, and what Kafka throws. */
export async function warningsAgainst(
  loaded: ValidConfig,
  channel: string,
  last: number
): Promise<Problem[]> {
  const { config, folder } = loaded
  const { topic } = channelIn(config, channel, { option: '--against' })
  const warnings: Problem[] = []
  await reachKafka(config)
  await withAdmin(config, async admin => {
    const surroundings = await presentSurroundings(config, { folder, admin })
    for (const [name, stream] of Object.entries(config.streams)) {
      if (!channelsOf(stream).includes(channel)) continue
      const isWanted = wantedBy(stream, config.channels, surroundings)
      const messages = await lastMessages(admin, { topics: [topic], count: last, isWanted })
      const of = isWanted === null ? channel : `${channel} that ${name} wants`
      const about = { channel: of, surroundings, clock: systemClock }
      const unseen = messages.length === 0 ? [nothingWanted(channel)] : unseenFields(stream, messages, about)
      for (const { path, sentence } of [...unseen, ...unmet(stream, messages, surroundings)]) {
        const pointer = ['streams', name, ...path].reduce<string>(pointerTo, '')
        warnings.push(...[loaded.problemAt(pointer, sentence) ?? []].flat())
      }
    }
  })
  return warnings
}

interface Unseen {
  /** The keys that lead from the stream to where the field is named. */
  readonly path: readonly (string | number)[]
  readonly sentence: string
}

/** `channel` is what people call the place that the messages are of. */
function unseenFields(
  { steps: configs, requires }: Pick<StreamConfig, 'steps' | 'requires'>,
  messages: readonly Given[],
  { channel, surroundings, clock }: { channel: string; surroundings: Surroundings; clock: Clock }
): Unseen[] {
  const { steps, reads, makes } = compileSteps(configs, surroundings)
  const pipeline = new Pipeline({ steps, requires, attributes: surroundings.attributes })
  const seen = fieldsSeen(pipeline, messages, clock)
  return reads.flatMap(({ path, field }): Unseen[] => {
    const [index] = path
    const { fields, count } = seen[Number(index)] ?? { fields: new Set<string>(), count: 0 }
    const isMade = makes.slice(0, Number(index)).some(made => made.includes(field))
    if (fields.has(field) || isMade || count === 0) return []
    const of = `none of the last ${messages.length} messages of ${channel}`
    const reached = count === messages.length ? of : `${of}, ${count} of which get there,`
    const sentence = `looks at "${field}", which ${reached} has${suggestion(field, [...fields])}`
    return [{ path: ['steps', ...path], sentence }]
  })
}

function nothingWanted(channel: string): Unseen {
  return { path: ['from'], sentence: `wants none of the recent messages of ${channel} (from, where)` }
}

/** Attributes that the stream requires, and that no device of the messages has. */
function unmet(
  { requires }: Pick<StreamConfig, 'requires'>,
  messages: readonly Given[],
  { attributes }: Surroundings
): Unseen[] {
  const known = messages.map(({ device, timestampMs }) => attributes.of(device, timestampMs))
  return requires.flatMap((name, index): Unseen[] => {
    if (messages.length === 0 || known.some(one => one !== null && Object.hasOwn(one, name))) return []
    const names = [...new Set(known.flatMap(one => Object.keys(one ?? {})))]
    const sentence = `is "${name}", which no device of the last ${messages.length} messages has${suggestion(name, names)}`
    return [{ path: ['requires', index], sentence }]
  })
}

interface Seen {
  readonly fields: Set<string>
  count: number
}

/** For each step the fields of the messages that get to it. */
function fieldsSeen(pipeline: Pipeline, messages: readonly Given[], clock: Clock): Seen[] {
  const seen = pipeline.steps.map((): Seen => ({ fields: new Set(), count: 0 }))
  const memories = new Map<string, Memories>()
  for (const { value, device, timestampMs } of messages) {
    const remembered = memories.get(device) ?? pipeline.steps.map(() => null)
    memories.set(device, remembered)
    let next = 0
    const note = (fields: object) => {
      const one = seen[next++]
      if (one === undefined) return
      one.count++
      for (const name of Object.keys(fields)) one.fields.add(name)
    }
    pipeline.shape(
      { bytes: value, start: 0, end: value.length, device, timestampMs },
      { nowMs: clock.now(), memories: remembered },
      {
        begins: draft => note(draft.fields),
        after: (_, verdict, draft) => {
          if (verdict === 'pass') note(draft.fields)
        }
      }
    )
  }
  return seen
}
