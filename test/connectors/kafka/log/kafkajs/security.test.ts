// Listeners that demand TLS or credentials, with the right ones and with wrong ones.

import test, { type ExecutionContext } from 'ava'
import kafkajs from 'kafkajs'
import { systemClock } from '../../../../../connectors/clock.ts'
import { startLocalKafka } from '../../../../../connectors/kafka/local/local.ts'
import { KafkaAdmin } from '../../../../../connectors/kafka/log/kafkajs/admin.ts'
import { createKafka } from '../../../../../connectors/kafka/log/kafkajs/client.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import type { KafkaConfig } from '../../../../../schemas/config.ts'
import { FaultError } from '../../../../../schemas/errors.ts'
import type { LogEvent } from '../../../../../schemas/events.ts'
import { Member } from '../../../../conformance/log-member.ts'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } =
  kafkajs // it has no names that a module could import

/** Everyone may do what no ACL is about. */
const authorizer = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true'
}
const kafka = await startLocalKafka({ security: true, properties: authorizer })
test.after.always(() => kafka.stop())
const { security } = kafka
if (security === undefined) throw new Error('there are no secured listeners')
const { tls, saslPlain, saslScram, caPem, username, password } = security

/** Frozen, as all of a loaded configuration is. */
const sasl = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', secret = password) =>
  Object.freeze({ mechanism, username, password: secret })
const trusted = Object.freeze({ ca: caPem })

const accesses: Readonly<Record<string, KafkaConfig>> = {
  tls: { clientId: 'test', brokers: [tls], tls: trusted },
  'plain over TLS': { clientId: 'test', brokers: [saslPlain], tls: trusted, sasl: sasl('plain') },
  'SCRAM-SHA-256': { clientId: 'test', brokers: [saslScram], sasl: sasl('scram-sha-256') },
  'SCRAM-SHA-512': { clientId: 'test', brokers: [saslScram], sasl: sasl('scram-sha-512') }
}

for (const [name, config] of Object.entries(accesses)) {
  test(`${name}: with the right credentials topics are created, written and read`, async t => {
    const log = kafkaLog(config, { clock: systemClock, log: () => {} })
    const topic = name.replaceAll(' ', '-')
    const admin = log.admin()
    const producer = log.producer()
    await admin.createTopic({ name: topic, partitions: 2, replication: 1, settings: {} })
    await producer.append(topic, [{ key: null, value: Buffer.from('hello') }])
    const reader = await new Member(log, { group: topic, topics: [topic] }).joined()
    await reader.when(() => reader.values.includes('hello'))
    await reader.consumer.commit([{ topic, partition: 0, next: 0, metadata: 'kept' }])
    t.is((await admin.committed(topic, [topic]))[0]?.metadata, 'kept')
    await Promise.all([reader.consumer.stop(), producer.close(1_000), admin.close()])
  })
}

const wrongPassword = 'not-the-password'

for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
  test(`${mechanism}: a wrong password is refused credentials, for every part of the log`, async t => {
    const right = mechanism === 'plain' ? accesses['plain over TLS'] : accesses['SCRAM-SHA-256']
    const config: KafkaConfig = { ...right, ...{ brokers: right?.brokers ?? [], clientId: 'test' } }
    await refuses(t, { ...config, sasl: sasl(mechanism, wrongPassword) })
  })
}

test('an authority that is not trusted makes Kafka unreachable, and the detail says why', async t => {
  const config = { clientId: 'test', brokers: [tls], tls: {} }
  const admin = impatientAdmin(config, () => {})
  const fault = await t.throwsAsync(admin.brokers(), { instanceOf: FaultError, code: 'kafka_unreachable' })
  t.regex(String(fault?.detail), /self-signed|unable to verify/)
  await admin.close()
})

test('speaking without TLS to a TLS listener makes Kafka unreachable', async t => {
  const admin = impatientAdmin({ clientId: 'test', brokers: [tls] }, () => {})
  await t.throwsAsync(admin.brokers(), { instanceOf: FaultError, code: 'kafka_unreachable' })
  await admin.close()
})

test('a group that only others may use is a missing permission, and the consumer says so', async t => {
  const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  // Ours waits until the broker knows the topic; that of kafkajs gives up at once.
  const ours = kafkaLog(
    { clientId: 'test', brokers: kafka.brokers },
    { clock: systemClock, log: () => {} }
  ).admin()
  await ours.createTopic({ name: 'open', partitions: 1, replication: 1, settings: {} })
  await ours.close()
  const acl = {
    resourceType: AclResourceTypes.GROUP,
    resourceName: 'theirs',
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:somebody-else',
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.ALLOW
  }
  await admin.createAcls({ acl: [acl] })
  await admin.disconnect()
  const config = { clientId: 'test', brokers: [saslScram], sasl: sasl('scram-sha-256') }
  const log = kafkaLog(config, { clock: systemClock, log: () => {} })
  const member = new Member(log, { group: 'theirs', topics: ['open'] })
  void member.joined() // it never joins
  await member.when(() => member.faults.length > 0)
  t.is(member.faults[0]?.code, 'kafka_unauthorized')
  await member.consumer.stop()
})

function impatientAdmin(config: KafkaConfig, log: LogEvent): KafkaAdmin {
  return new KafkaAdmin({ kafka: createKafka(config, log), clock: systemClock, patienceMs: 500 })
}

/** Admin, producer and consumer all say that the credentials were refused, and nobody says the password. */
async function refuses(t: ExecutionContext, config: KafkaConfig): Promise<void> {
  const said: unknown[] = []
  const note: LogEvent = (...line) => void said.push(line)
  const log = kafkaLog(config, { clock: systemClock, log: note })
  const admin = impatientAdmin(config, note)
  const producer = log.producer()
  const reader = new Member(log, { group: 'refused', topics: ['refused'] })
  void reader.joined() // it never joins
  const fault = await t.throwsAsync(admin.brokers(), { instanceOf: FaultError, code: 'kafka_unauthorized' })
  const appending = producer.append('refused', [{ key: null, value: Buffer.from('x') }])
  const refusal = await t.throwsAsync(appending, {
    code: 'kafka_unavailable',
    message: /refused the credentials/
  })
  await reader.when(() => reader.faults.length > 0)
  t.is(reader.faults[0]?.code, 'kafka_unauthorized')
  await Promise.all([reader.consumer.stop(), producer.close(100), admin.close()])
  said.push([fault, refusal, ...reader.faults].map(error => error?.stack))
  t.false(JSON.stringify(said).includes(wrongPassword))
}
