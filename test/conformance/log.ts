// The contract of the log port as one menu of behaviours. It runs against the in-memory log and against Apache Kafka,
// so that what the engine's tests see in memory is what it will meet.

import type { ExecutionContext } from 'ava'
import type { Log, LogAdmin, LogProducer, TopicSpec } from '../../connectors/kafka/log/log.ts'
import { uniqueName } from '../kafka.ts'
import { appendCases, outageCases } from './log-append.ts'
import { groupCases } from './log-groups.ts'
import { Member, type MemberOptions } from './log-member.ts'
import { outsideCases } from './log-outside.ts'
import { positionCases } from './log-positions.ts'

/** A log and the levers that a test needs beside it. */
export interface LogUnderTest {
  readonly log: Log
  /** Stops Kafka until the returned function was called. Only for the outage cases. */
  stop?(): Promise<() => Promise<void>>
  /** What retention does. */
  deleteBefore(topic: string, partition: number, offset: number): Promise<void>
  /** Makes Kafka forget the members of a group, which they hear of later. */
  expireMembers(group: string): Promise<void>
  close(): Promise<void>
}

/** What a case works with: everything in it is closed at the end of the test. */
export interface LogCase {
  readonly t: ExecutionContext
  readonly under: LogUnderTest
  readonly log: Log
  readonly admin: LogAdmin
  readonly producer: LogProducer
  /** Names no other test uses. */
  readonly topic: string
  readonly group: string
  create(partitions: number, settings?: TopicSpec['settings']): Promise<void>
  /** Appends text under one key or none. */
  append(values: readonly string[], options?: { key?: string; partition?: number }): Promise<void>
  member(options?: Partial<MemberOptions>): Member
}

export type Case = (context: LogCase) => Promise<void>
/** Behaviours by title, which is a sentence. */
export type Cases = Readonly<Record<string, Case>>

/** AVA's `test` or `test.serial`. */
export type Declare = (title: string, run: (t: ExecutionContext) => Promise<void>) => void

/** Declares a test for every behaviour of the port. */
export function logSuite(test: Declare, makeLog: () => Promise<LogUnderTest>): void {
  declare(test, makeLog, { ...appendCases, ...positionCases, ...groupCases, ...outsideCases })
}

/** Declares a test for every behaviour in an outage; each log must have its own Kafka. */
export function outageSuite(test: Declare, makeLog: () => Promise<LogUnderTest>): void {
  declare(test, makeLog, outageCases)
}

function declare(test: Declare, makeLog: () => Promise<LogUnderTest>, cases: Cases): void {
  for (const [title, run] of Object.entries(cases)) {
    test(title, async t => {
      const under = await makeLog()
      t.teardown(() => under.close())
      await run(open(t, under))
    })
  }
}

function open(t: ExecutionContext, under: LogUnderTest): LogCase {
  const { log } = under
  const admin = log.admin()
  const producer = log.producer()
  const members: Member[] = []
  const topic = uniqueName('contract')
  const group = uniqueName('group')
  t.teardown(async () => {
    await Promise.all(members.map(member => member.consumer.stop()))
    await Promise.all([producer.close(1_000), admin.close()])
  })
  return {
    t,
    under,
    log,
    admin,
    producer,
    topic,
    group,
    create: (partitions, settings = { 'message.timestamp.type': 'LogAppendTime' }) =>
      admin.createTopic({ name: topic, partitions, replication: 1, settings }),
    append: (values, { key, partition } = {}) => {
      const shared = {
        key: key === undefined ? null : Buffer.from(key),
        ...(partition !== undefined && { partition })
      }
      return producer.append(
        topic,
        values.map(value => ({ ...shared, value: Buffer.from(value) }))
      )
    },
    member: options => {
      const member = new Member(log, { group, topics: [topic], ...options })
      members.push(member)
      return member
    }
  }
}

/** `count` different values. */
export function numbered(count: number, prefix = 'v'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`)
}
