// The AWS IoT Core target over MQTT: the publisher of the MQTT target, with a client certificate, and held within the
// quotas of the service. What exceeds those is discarded there without a word, so nothing here may ever exceed them.

import { FaultError } from '../../schemas/errors.ts'
import type { TargetEnv } from '../connector.ts'
import { clientIdsOf } from '../shared/mqtt/client-id.ts'
import type { ConnectionSettings } from '../shared/mqtt/connection.ts'
import { MqttProtocol } from '../shared/mqtt/publish/protocol.ts'
import { Publications } from '../shared/mqtt/publish/publications.ts'
import { ConnectionPublisher } from '../shared/publishing/connection-publisher.ts'
import { Pace } from '../shared/publishing/pace.ts'
import { type Publisher, PublishingTarget } from '../shared/publishing/publishing-target.ts'
import { Connects } from './connects.ts'
import { endpointOf } from './endpoint.ts'
import { explainFault } from './outcome.ts'
import { checkFor, topicOf } from './publish-rules.ts'
import type { AwsIotLimits, AwsIotTargetConfig } from './target-config.ts'

/** Of a quota: the rest is for what is counted late there, and for those who share the connection's second with it. */
const usedShare = 0.8
/** Connections for devices that are spread unevenly. */
const reserve = 1.5
const maxClientIdBytes = 128
const maxConnections = 1_000

export class AwsIotTarget extends PublishingTarget {
  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: AwsIotTargetConfig, env: TargetEnv) {
    super(config, publishersOf(config, env))
  }
}

function publishersOf(config: AwsIotTargetConfig, env: TargetEnv): Publisher[] {
  const { limits } = config
  const publications = new Publications({
    config: { ...config, topic: topicOf(config) },
    isVersion5: config.version === '5',
    env,
    check: checkFor(limits)
  })
  const settings = connectionSettings(config, env, publications.haveTopics)
  const connects = new Connects(env.clock, limits.connectIntervalMs)
  return clientIds(config, env).map(clientId => {
    const identity = { ...settings.identity, clientId }
    const manners = { pace: new Pace(paceOf(limits)), connects: connects.gate() }
    return new ConnectionPublisher(
      new MqttProtocol({ ...settings, identity }, publications),
      env.clock,
      manners
    )
  })
}

function paceOf({ publishesPerSecond, bytesPerSecond }: AwsIotLimits) {
  return {
    maxPerSecond: publishesPerSecond,
    publishesPerSecond: usedShare * publishesPerSecond,
    bytesPerSecond: usedShare * bytesPerSecond
  }
}

/** One for each connection. */
function clientIds(config: AwsIotTargetConfig, env: TargetEnv): string[] {
  const { publishesPerSecond: wanted, connections: given, limits } = config
  if (wanted !== undefined && given !== undefined) {
    const detail = 'must not stand beside connections, which follow from it'
    throw new FaultError('config_invalid', { path: 'publishesPerSecond', detail })
  }
  const each = usedShare * limits.publishesPerSecond
  const count = given ?? (wanted === undefined || wanted <= each ? 1 : Math.ceil((reserve * wanted) / each))
  if (count > maxConnections) {
    const detail = `needs ${count} connections, and a process opens ${maxConnections} at most`
    throw new FaultError('config_invalid', { path: 'publishesPerSecond', detail })
  }
  const ids = clientIdsOf(config.clientId, env, count)
  const bytes = Buffer.byteLength(ids.at(-1) ?? '')
  if (bytes > maxClientIdBytes) {
    const detail = `has ${bytes} bytes with what is added to it, at most ${maxClientIdBytes}`
    throw new FaultError('config_invalid', { path: 'clientId', detail })
  }
  return ids
}

function connectionSettings(
  config: AwsIotTargetConfig,
  { clock, mask }: TargetEnv,
  haveTopics: boolean
): ConnectionSettings {
  const { qos, retain, limits, connectTimeoutMs, ackTimeoutMs } = config
  const { host, port, tls } = endpointOf(config)
  const maxInFlight = Math.min(config.maxInFlight, limits.inFlight)
  return {
    clock,
    address: { host, port, webSocketPath: null },
    tls,
    identity: { protocolVersion: config.version === '5' ? 5 : 4 },
    explain: explainFault,
    ...{ qos, retain, haveTopics, maxInFlight, connectTimeoutMs, ackTimeoutMs, mask }
  }
}
