// Functions of times, which are Unix seconds everywhere. A time zone is a name of the IANA database; default: UTC.

import { parseTime } from '../../../schemas/time.ts'
import type { Compiler } from '../compile.ts'
import type { CallNode, Node } from '../syntax.ts'
import { textOf } from '../syntax.ts'
import { Fault } from '../values.ts'
import { type FunctionSpec, plain } from './function.ts'

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'
type Wall = Readonly<Record<Part, number>>

/** What a calendar and a clock on the wall show at a Unix time in ms, within the years that Date knows. */
type Zone = (ms: number) => Wall

const utc: Zone = ms => {
  const date = new Date(ms)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds()
  }
}

/** Throws a RangeError for a name that is no zone. */
function zoneOf(name: string): Zone {
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
  const clock = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
  const format = new Intl.DateTimeFormat('en-US', {
    calendar: 'iso8601',
    timeZone: name,
    ...fields,
    ...clock
  })
  return ms => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type as string, Number(value)]))
    const part = (name: Part) => parts.get(name) ?? Number.NaN
    return {
      ...{ year: part('year'), month: part('month'), day: part('day') },
      ...{ hour: part('hour'), minute: part('minute'), second: part('second') }
    }
  }
}

/** A time zone stands in quotes, so that a wrong name is found before any message comes. */
function zoneIn(zone: Node | undefined, { name }: CallNode, compiler: Compiler): Zone {
  if (zone === undefined) return utc
  if (zone.kind !== 'text')
    throw compiler.mistake(`${name}() takes its time zone in quotes: "Europe/Berlin"`, zone.at)
  try {
    return zoneOf(textOf(zone))
  } catch {
    const written = JSON.stringify(textOf(zone))
    throw compiler.mistake(`there is no time zone ${written}; one is "Europe/Berlin"`, zone.at)
  }
}

/** A function of a time and, in quotes, a zone. */
function timeFunction(
  spec: Pick<FunctionSpec, 'name' | 'summary' | 'examples'>,
  compute: (ms: number, zone: Zone) => string | number | undefined
): FunctionSpec {
  const { name } = spec
  const usage = `${name}(time, "zone"?)`
  const ofMs = (zone: Zone) =>
    plain({
      ...spec,
      usage,
      parameters: ['number'],
      fails: `${name}() needs Unix seconds`,
      compute(seconds) {
        const ms = Math.round(seconds * 1000)
        return Number.isNaN(new Date(ms).getTime()) ? undefined : compute(ms, zone)
      }
    })
  return {
    ...spec,
    usage,
    takes: { least: 1, most: 2 },
    compile(call, compiler) {
      const [time, zone] = call.args
      const args = time === undefined ? [] : [time]
      return ofMs(zoneIn(zone, call, compiler)).compile({ ...call, args }, compiler)
    }
  }
}

const partSummaries: Readonly<Record<Part, string>> = {
  year: 'The year of a time.',
  month: 'The month of a time, 1 to 12.',
  day: 'The day of the month, 1 to 31.',
  hour: 'The hour of the day, 0 to 23.',
  minute: 'The minute, 0 to 59.',
  second: 'The second, 0 to 59.'
}

const partFunctions = (Object.keys(partSummaries) as Part[]) // the keys are those of the type
  .map(part => {
    const result = utc(1_681_282_189_000)[part]
    const message = { timestamp: 1_681_282_189 }
    const examples = [{ expression: `${part}(timestamp)`, message, result }] as const
    return timeFunction({ name: part, summary: partSummaries[part], examples }, (ms, zone) => zone(ms)[part])
  })

/** Unix ms of what the wall shows, as if it were UTC. */
function wallMs({ year, month, day, hour, minute, second }: Wall): number {
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second))
  return date.setUTCFullYear(year, month - 1, day)
}

const weekday = timeFunction(
  {
    name: 'weekday',
    summary: 'The day of the week, 1 (Monday) to 7 (Sunday).',
    examples: [
      { expression: 'weekday(timestamp)', message: { timestamp: 1_681_282_189 }, result: 3 },
      { expression: 'weekday(1681333200, "Asia/Tokyo")', result: 4 }
    ]
  },
  (ms, zone) => {
    const day = new Date(wallMs(zone(ms))).getUTCDay()
    return Number.isNaN(day) ? undefined : day || 7
  }
)

const formatTime = timeFunction(
  {
    name: 'format_time',
    summary: 'The time as ISO 8601; fractions are cut to milliseconds and left out when they are 0.',
    examples: [
      { expression: 'format_time(1681282189)', result: '2023-04-12T06:49:49Z' },
      { expression: 'format_time(1681282189.5, "Europe/Berlin")', result: '2023-04-12T08:49:49.500+02:00' }
    ]
  },
  (ms, zone) => {
    const fraction = ((ms % 1000) + 1000) % 1000
    const shown = wallMs(zone(ms)) + fraction
    if (Number.isNaN(shown)) return undefined // the last hours that Date knows are over there already
    const text = new Date(shown).toISOString().slice(0, fraction === 0 ? -5 : -1)
    return text + (zone === utc ? 'Z' : offset(Math.round((shown - ms) / 60_000)))
  }
)

function offset(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const far = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(far / 60))}:${two(far % 60)}`
}

const parsedTime = plain({
  name: 'parse_time',
  usage: 'parse_time(text)',
  summary: 'The Unix seconds of an ISO 8601 time with its zone.',
  examples: [{ expression: 'parse_time("2023-04-12T06:49:49Z")', result: 1_681_282_189 }],
  parameters: ['text'],
  fails: 'parse_time() needs an ISO 8601 time with its zone',
  compute(text) {
    const ms = parseTime(text)
    return ms === null ? undefined : ms / 1000
  }
})

const now: FunctionSpec = {
  name: 'now',
  usage: 'now()',
  summary: 'The time at which the message is looked at, in Unix seconds.',
  examples: [{ expression: 'now() - timestamp < 3600', message: { timestamp: 1_767_225_000 }, result: true }],
  takes: { least: 0, most: 0 },
  compile: () => scope => scope.nowMs / 1000
}

const duration: FunctionSpec = {
  name: 'duration',
  usage: 'duration()',
  summary:
    'The seconds since the timestamp of the message before of the same device; null for the first, and where that has none.',
  examples: [
    { expression: 'duration()', message: { timestamp: 160 }, previous: { timestamp: 100 }, result: 60 },
    { expression: 'duration()', message: { timestamp: 160 }, result: null }
  ],
  takes: { least: 0, most: 0 },
  compile({ at }, compiler) {
    compiler.fields.add('timestamp')
    compiler.remembered.add('timestamp')
    const wrong = new Fault('duration() needs the timestamp of the message', at)
    return ({ fields, previous }) => {
      const [to, from] = [fields.timestamp, previous?.timestamp]
      if (typeof to !== 'number') return wrong
      return typeof from === 'number' ? to - from : null
    }
  }
}

export const timeFunctions: readonly FunctionSpec[] = [
  ...partFunctions,
  ...[weekday, formatTime, parsedTime, now, duration]
]
