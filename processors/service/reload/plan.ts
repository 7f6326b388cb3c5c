// What a changed configuration means for a process that runs: which streams start, stop, restart or keep running, and
// why. A pure function of the two configurations; the service applies what it says, and `tailrace plan` shows it.
// A stream is a part of its own, the topics of the channels it reads and the geofences its steps name; if nothing of that
// changed, it is not touched. What is only said of it, its objective, is taken as it goes on.

import type { ChannelConfig, Config } from '../../../schemas/config.ts'
import { channelsOf, type StreamConfig } from '../../../schemas/stream.ts'
import { changedPaths } from './changes.ts'

export type Action = 'start' | 'stop' | 'restart' | 'keep'

export interface StreamChange {
  readonly stream: string
  readonly action: Action
  /** Of a restart: the paths that changed, inside of the stream or of a channel that it reads. */
  readonly because: readonly string[]
  /** What whoever changed it should know. */
  readonly notes: readonly string[]
}

export interface ChannelChange {
  readonly channel: string
  readonly action: 'add' | 'remove' | 'change'
  readonly because: readonly string[]
  readonly notes: readonly string[]
}

export interface Plan {
  /** Every stream: in the order of the new configuration, then those that it has no more. */
  readonly streams: readonly StreamChange[]
  /** The channels that change. */
  readonly channels: readonly ChannelChange[]
  /** Paths that can be changed only by restarting the process: while there are any, the whole is refused. */
  readonly needsRestart: readonly string[]
  /** Paths that take effect at once and concern no stream. */
  readonly immediate: readonly string[]
}

/** Both are checked configurations with their defaults filled in. */
export function planReload(before: Config, after: Config): Plan {
  const { kafka, memory, drainTimeoutMs } = before
  const listen = listenChanges(before.listen, after.listen)
  return {
    streams: streamChanges(before, after),
    channels: channelChanges(before.channels, after.channels),
    needsRestart: [
      ...changedPaths(kafka, after.kafka, 'kafka'),
      ...listen.needsRestart,
      ...changedPaths(memory, after.memory, 'memory'),
      ...changedPaths(before.attributes, after.attributes, 'attributes'),
      ...changedPaths(before.tracing, after.tracing, 'tracing')
    ],
    immediate: [
      ...listen.immediate,
      ...changedPaths(drainTimeoutMs, after.drainTimeoutMs, 'drainTimeoutMs'),
      ...changedPaths(before.metrics, after.metrics, 'metrics'),
      ...objectiveChanges(before, after)
    ]
  }
}

/** A certificate is renewed while the listener goes on; whether there is TLS, and mutual TLS, is its nature. */
function listenChanges(before: Config['listen'], after: Config['listen']) {
  const [{ tls: old, ...rest }, { tls: now, ...restNow }] = [before, after]
  const paths = changedPaths(old, now, 'listen.tls')
  const isSameKind =
    (old === undefined) === (now === undefined) &&
    (old?.clientCa === undefined) === (now?.clientCa === undefined)
  return {
    needsRestart: [...changedPaths(rest, restNow, 'listen'), ...(isSameKind ? [] : paths)],
    immediate: isSameKind ? paths : []
  }
}

/** Of the streams that are there before and after. */
function objectiveChanges(before: Config, after: Config): string[] {
  return Object.entries(after.streams).flatMap(([name, { objective }]) => {
    const old = before.streams[name]
    return old === undefined ? [] : changedPaths(old.objective, objective, `streams.${name}.objective`)
  })
}

/** Whether nothing at all is to be done. */
export function isEmpty({ streams, channels, needsRestart, immediate }: Plan): boolean {
  const changed = streams.filter(({ action }) => action !== 'keep')
  return changed.length + channels.length + needsRestart.length + immediate.length === 0
}

function streamChanges(before: Config, after: Config): StreamChange[] {
  const present = Object.keys(after.streams).map(stream => streamChange(stream, before, after))
  const gone = Object.keys(before.streams).filter(stream => !Object.hasOwn(after.streams, stream))
  return [
    ...present,
    ...gone.map(stream => {
      const group = before.streams[stream]?.group
      const notes = [`its place stays in Kafka under the group ${group}, as long as Kafka keeps offsets`]
      return { stream, action: 'stop', because: [], notes } as const
    })
  ]
}

function streamChange(stream: string, before: Config, after: Config): StreamChange {
  const [old, now] = [before.streams[stream], after.streams[stream]]
  if (old === undefined || now === undefined) return { stream, action: 'start', because: [], notes: [] }
  const topicsChanged = channelsOf(now)
    .filter(channel => before.channels[channel]?.topic !== after.channels[channel]?.topic)
    .filter(channel => channelsOf(old).includes(channel))
    .map(channel => `channels.${channel}.topic`)
  const geofencesChanged = JSON.stringify(now.steps).includes('geofence')
    ? changedPaths(before.geofences, after.geofences, 'geofences')
    : []
  const own = changedPaths({ ...old, objective: null }, { ...now, objective: null })
  const because = [...own, ...topicsChanged, ...geofencesChanged]
  if (because.length === 0) return { stream, action: 'keep', because, notes: [] }
  const notes = [
    ...(old.group === now.group
      ? []
      : [
          `group ${now.group} begins at start: ${now.start} if it is new; what ${old.group} still owes is not sent`
        ]),
    ...(old.sequence === undefined || now.sequence === undefined || isSameCount(old, now)
      ? []
      : [`numbers begin anew, at startAt: ${now.sequence.startAt}; set it above all that were given`]),
    ...(old.held.topic === now.held.topic ? [] : [`devices that wait in ${old.held.topic} are left there`])
  ]
  return { stream, action: 'restart', because, notes }
}

/** Do the numbers of messages go on where they are? */
function isSameCount(old: StreamConfig, now: StreamConfig): boolean {
  const [before, after] = [old, now].map(({ group, sequence }) => [group, sequence?.topic, sequence?.field])
  return JSON.stringify(before) === JSON.stringify(after)
}

type Channels = Readonly<Record<string, ChannelConfig>>

/** Settings that count only when Tailrace creates the topic. */
const creationOnly: readonly string[] = [
  ...['partitions', 'replication', 'retentionHours'],
  ...['deadLetters.partitions', 'deadLetters.retentionHours']
]

function channelChanges(before: Channels, after: Channels): ChannelChange[] {
  const names = new Set([...Object.keys(after), ...Object.keys(before)])
  return [...names].flatMap((channel): ChannelChange[] => {
    const [old, now] = [before[channel], after[channel]]
    if (old === undefined) return [{ channel, action: 'add', because: [], notes: [] }]
    if (now === undefined) return [{ channel, action: 'remove', because: [], notes: [] }]
    const because = changedPaths(old, now)
    if (because.length === 0) return []
    const ignored = because.filter(path => creationOnly.includes(path))
    const notes =
      ignored.length === 0 || old.topic !== now.topic
        ? []
        : [`${ignored.join(', ')}: the topic ${now.topic} is there already and is left as it is`]
    return [{ channel, action: 'change', because, notes }]
  })
}
