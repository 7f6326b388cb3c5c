// Says in which of the shapes of the section `geofences` a message was measured, and which its device has entered and left
// since the message before.

import { Type } from 'typebox'
import { positionOf } from '../../expression/position.ts'
import type { Json } from '../../expression/values.ts'
import type { Geofence } from '../../geo/geofence.ts'
import { isAhead, timestampOf } from '../measured.ts'
import { NameSet, nameList } from '../names.ts'
import { defineStep, type StepEnv } from '../step.ts'

const field = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }))

const config = Type.Object(
  {
    of: { ...nameList('The geofences to look at.'), default: ['*'] },
    inside: field('The field that gets the list of those that the position is in.'),
    enter: field(
      'The field that gets the list of those that were entered; it is added only where there are any.'
    ),
    leave: field('The field that gets the list of those that were left; likewise.')
  },
  { additionalProperties: false, minProperties: 1 }
)

/** What is remembered: the newest position, by its Unix seconds, and the geofences that it was in. */
type Memory = readonly [timestamp: number, inside: readonly string[]]

export const geofence = defineStep({
  kind: 'geofence',
  summary:
    'Adds in which geofences the position is, and which the device has entered and left since the message before. A message without position stays as it is; one that comes late, older than the one before, enters and leaves nothing, and neither does the first.',
  config,
  examples: [
    {
      settings: 'geofence: { of: [depot], inside: zones, enter: zones.entered, leave: zones.left }',
      messages: [
        { timestamp: 100, 'position.latitude': 53, 'position.longitude': 13.405 },
        { timestamp: 160, 'position.latitude': 52.52, 'position.longitude': 13.405 },
        { timestamp: 170 }
      ],
      results: [
        { timestamp: 100, 'position.latitude': 53, 'position.longitude': 13.405, zones: [] },
        {
          ...{ timestamp: 160, 'position.latitude': 52.52, 'position.longitude': 13.405 },
          ...{ zones: ['depot'], 'zones.entered': ['depot'] }
        },
        { timestamp: 170 }
      ]
    }
  ],
  create(settings, env) {
    const shapes = shapesOf(settings.of, env)
    for (const name of [settings.inside, settings.enter, settings.leave])
      if (name !== undefined) env.makes(name)
    for (const name of ['timestamp', 'position.latitude', 'position.longitude']) env.reads(name)
    if (settings.inside === undefined && settings.enter === undefined && settings.leave === undefined)
      env.mistake('must name a field under inside, enter or leave')
    const remembers = settings.enter !== undefined || settings.leave !== undefined
    return {
      remembers,
      apply(draft) {
        const position = positionOf(draft.fields)
        if (position === null) return 'pass'
        const inside = shapes
          .filter(shape => shape.contains(position.latitude, position.longitude))
          .map(({ name }) => name)
        const add = (name: string | undefined, list: readonly string[], isAlways = false) => {
          if (name !== undefined && (isAlways || list.length > 0)) draft.set(name, list)
        }
        add(settings.inside, inside, true)
        if (!remembers) return 'pass'
        const timestamp = timestampOf(draft.fields)
        if (typeof timestamp !== 'number') return timestamp
        const before = draft.memory as unknown as Memory | null // what was kept below
        if ((before !== null && timestamp < before[0]) || isAhead(draft, timestamp)) return 'pass'
        if (before !== null) {
          add(
            settings.enter,
            inside.filter(name => !before[1].includes(name))
          )
          add(
            settings.leave,
            before[1].filter(name => !inside.includes(name))
          )
        }
        draft.memory = [timestamp, inside] satisfies Json
        return 'pass'
      }
    }
  }
})

/** Those that the list names; one that is not there is a mistake. */
function shapesOf(list: readonly string[], { geofences, mistake }: StepEnv): readonly Geofence[] {
  const names = new NameSet(list)
  const known = [...geofences.keys()]
  const there = known.length === 0 ? 'none is defined' : `there are: ${known.join(', ')}`
  list.forEach((name, index) => {
    if (!name.includes('*') && !geofences.has(name))
      mistake(`must be the name of a geofence, got "${name}" (${there})`, 'of', index)
  })
  if (known.length === 0 && list.every(name => name.includes('*')))
    mistake('needs shapes in the section geofences, and none is defined there')
  return [...geofences.values()].filter(({ name }) => names.has(name))
}
