// The AMQP target: messages are published, each delivered when the broker has confirmed it and not given it back. This file
// makes the settings of the connections from the configuration; shared/publishing keeps messages on their way, and outcome.ts
// decides what an answer or a failure means.

import type { TargetEnv } from '../connector.ts'
import { ConnectionPublisher } from '../shared/publishing/connection-publisher.ts'
import { type Publisher, PublishingTarget } from '../shared/publishing/publishing-target.ts'
import { brokersOf } from './broker.ts'
import type { Varies } from './outcome.ts'
import { AmqpProtocol } from './protocol.ts'
import { Publications } from './publications.ts'
import type { AmqpTargetConfig } from './target-config.ts'

export class AmqpTarget extends PublishingTarget {
  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: AmqpTargetConfig, env: TargetEnv) {
    super(config, publishersOf(config, env))
  }
}

function publishersOf(config: AmqpTargetConfig, env: TargetEnv): Publisher[] {
  const { mandatory, heartbeatSeconds, maxInFlight, maxInFlightBytes, connectTimeoutMs, ackTimeoutMs } =
    config
  const { clock, mask, stream } = env
  const publications = new Publications(config, env)
  const { varies } = publications
  const settings = {
    ...{ clock, mask, brokers: brokersOf(config), mandatory, varies },
    connectionName: config.connectionName ?? `tailrace ${stream}`,
    exchange: varies.exchange || config.exchange === '' ? null : config.exchange,
    // Of messages that may be lost nobody wants to know whether they would be.
    queue: isOneQueue(config, varies) ? config.routingKey : null,
    ...{ heartbeatSeconds, maxInFlight, maxInFlightBytes, connectTimeoutMs, ackTimeoutMs }
  }
  return Array.from(
    { length: config.connections },
    (_, first) => new ConnectionPublisher(new AmqpProtocol(settings, publications, first), clock)
  )
}

/** Whether all messages go to one queue, which the routing key names. */
function isOneQueue({ exchange, mandatory }: AmqpTargetConfig, varies: Varies): boolean {
  return exchange === '' && mandatory && !varies.exchange && !varies.routingKey
}
