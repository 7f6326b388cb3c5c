// The one explicit list of connectors. Adding one means a folder of its own and a line here: the configuration, its
// schema, the reference page and the conformance suite follow. Definitions are cheap to import; what they deliver
// with is loaded when a source or target of that kind is created.

import type { TSchema } from 'typebox'
import { configSchema, type OneOfKinds, type PartSchemas } from '../schemas/config.ts'
import { FaultError } from '../schemas/errors.ts'
import { amqpTarget } from './amqp/index.ts'
import { awsIotTarget } from './aws-iot/index.ts'
import type { SourceDefinition, Target, TargetDefinition, TargetEnv } from './connector.ts'
import { eventHubsTarget } from './event-hubs/index.ts'
import { httpSource, httpTarget } from './http/index.ts'
import { iotHubTarget } from './iot-hub/index.ts'
import { kafkaTarget } from './kafka/index.ts'
import { mqttSource, mqttTarget } from './mqtt/index.ts'
import { pubsubTarget } from './pubsub/index.ts'
import { wialonSource, wialonTarget } from './wialon/index.ts'
import { wialonIpsSource, wialonIpsTarget } from './wialon-ips/index.ts'

export interface Registry {
  readonly sources: readonly SourceDefinition[]
  readonly targets: readonly TargetDefinition[]
}

export const registry: Registry = {
  sources: [httpSource, mqttSource, wialonSource, wialonIpsSource],
  targets: [
    httpTarget,
    mqttTarget,
    awsIotTarget,
    eventHubsTarget,
    iotHubTarget,
    kafkaTarget,
    pubsubTarget,
    wialonTarget,
    wialonIpsTarget,
    amqpTarget
  ]
}

/** The schema of the whole configuration with the parts of these connectors and of the steps. */
export function schemaOf({ sources, targets }: Registry, steps: PartSchemas['steps']) {
  const byKind = (definitions: readonly { kind: string; config: TSchema }[]) =>
    Object.fromEntries(definitions.map(definition => [definition.kind, definition.config]))
  return configSchema({ sources: byKind(sources), targets: byKind(targets), steps })
}

/** Makes the target of a stream: `part` is what stands under `target:` in a checked configuration. */
export function createTarget({ targets }: Registry, part: OneOfKinds, env: TargetEnv): Promise<Target> {
  const [kind] = Object.keys(part)
  const definition = targets.find(target => target.kind === kind)
  if (kind === undefined || definition === undefined)
    throw new FaultError('internal', { detail: `no target ${kind}` })
  return definition.create(part[kind], env)
}
