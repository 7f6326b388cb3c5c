// The Event Hubs target: one connection, over which the batches of the service go side by side. What the settings mean is decided
// here; how it is sent in publish/, how it connects in connect/.

import net from 'node:net'
import type { Target, TargetEnv } from '../connector.ts'
import { Mask } from '../shared/mask.ts'
import { PublishingTarget } from '../shared/publishing/publishing-target.ts'
import type { Address } from '../shared/tcp/open-stream.ts'
import { secureContext } from '../shared/tls.ts'
import { credentialOf } from './connect/credential.ts'
import { addressOf, type Namespace, namespaceOf } from './connect/namespace.ts'
import { Events } from './publish/events.ts'
import { EventHubsPublisher } from './publish/publisher.ts'
import type { EventHubsTargetConfig } from './target-config.ts'

/** Contacts nobody yet. Throws a FaultError `config_invalid` for what the schema cannot tell. */
export async function createEventHubsTarget(config: EventHubsTargetConfig, env: TargetEnv): Promise<Target> {
  const namespace = namespaceOf(config)
  env.mask.learn(new Mask(secretsOf(namespace)))
  const address = addressOf(namespace, config)
  const settings = {
    ...{ clock: env.clock, mask: env.mask, address },
    ...{ namespace: namespace.name, hub: namespace.hub },
    tls: namespace.isEmulator ? undefined : tlsOf(config, address),
    credential: await credentialOf(namespace, config),
    maxInFlight: config.maxInFlight,
    connectTimeoutMs: config.connectTimeoutMs,
    ackTimeoutMs: config.ackTimeoutMs
  }
  return new PublishingTarget(config, [new EventHubsPublisher(settings, new Events(config, env))])
}

/** Those inside of the connection string, which itself is known as one. */
function secretsOf({ access }: Namespace): string[] {
  if (access === null) return []
  return ['signature' in access ? access.signature : access.key]
}

function tlsOf({ tls }: EventHubsTargetConfig, { host }: Address) {
  const servername = tls?.servername ?? (net.isIP(host) === 0 ? host : undefined)
  return {
    secureContext: secureContext(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(servername !== undefined && { servername })
  }
}
