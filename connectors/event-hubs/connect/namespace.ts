// Where the hub is and who sends to it, out of a connection string or out of the settings beside it.

import { FaultError } from '../../../schemas/errors.ts'
import type { Address } from '../../shared/tcp/open-stream.ts'
import { type EventHubsTargetConfig, hostPattern } from '../target-config.ts'

/** A shared access key, or a signature that was made with one. */
export type SharedAccess = { readonly name: string; readonly key: string } | { readonly signature: string }

export interface Namespace {
  /** The host, and the port where it is none of the usual ones: what tokens are for. */
  readonly name: string
  readonly hub: string
  /** Null where a credential of Microsoft Entra is used. */
  readonly access: SharedAccess | null
  readonly isEmulator: boolean
}

const amqpPort = 5672
const amqpsPort = 5671
const webSocketPort = 443

/** Throws a FaultError `config_invalid` for what contradicts itself or is missing. */
export function namespaceOf(config: EventHubsTargetConfig): Namespace {
  const { connectionString, namespace, credential, eventHub } = config
  if (connectionString === undefined) {
    if (namespace === undefined)
      throw wrong('namespace', 'is missing: needed, or connectionString in its place')
    if (credential === undefined) throw wrong('credential', 'is missing: needed beside namespace')
    if (eventHub === undefined) throw wrong('eventHub', 'is missing: needed beside namespace')
    return { name: namespace, hub: eventHub, access: null, isEmulator: false }
  }
  if (namespace !== undefined)
    throw wrong('namespace', 'must not stand beside connectionString, which names it')
  if (credential !== undefined)
    throw wrong('credential', 'must not stand beside connectionString, which has its own')
  const fields = fieldsOf(connectionString)
  const name = new RegExp(`^sb://(${hostPattern})/?$`).exec(fields.get('endpoint') ?? '')?.[1]
  if (name === undefined)
    throw wrong('connectionString', 'must hold Endpoint=sb://<namespace>.servicebus.windows.net/')
  return {
    name,
    hub: hubOf(fields.get('entitypath'), eventHub),
    access: accessOf(fields),
    isEmulator: fields.get('usedevelopmentemulator')?.toLowerCase() === 'true'
  }
}

/** Where the connection goes: to the namespace, or to what stands for it in a private network. */
export function addressOf({ name, isEmulator }: Namespace, config: EventHubsTargetConfig): Address {
  const { hostname, port } = new URL(`sb://${config.endpoint ?? name}`)
  const usual = config.webSocket ? webSocketPort : isEmulator ? amqpPort : amqpsPort
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? usual : Number(port),
    webSocketPath: config.webSocket ? '/$servicebus/websocket' : null,
    subprotocol: 'AMQPWSB10'
  }
}

/** `Name=value;...`, by names in lower case; a value may hold more of `=`. */
function fieldsOf(connectionString: string): Map<string, string> {
  const parts = connectionString.split(';').map(part => part.trim())
  return new Map(
    parts.flatMap(part => {
      const at = part.indexOf('=')
      return at < 1 ? [] : [[part.slice(0, at).toLowerCase(), part.slice(at + 1)] as const]
    })
  )
}

function hubOf(inString: string | undefined, given: string | undefined): string {
  const hub = given ?? inString
  if (hub === undefined || hub === '')
    throw wrong('eventHub', 'is missing: needed, as connectionString has no EntityPath')
  if (inString !== undefined && given !== undefined && inString !== given)
    throw wrong('eventHub', `must be ${inString} or left out, as the EntityPath of connectionString says`)
  return hub
}

function accessOf(fields: ReadonlyMap<string, string>): SharedAccess {
  const signature = fields.get('sharedaccesssignature')
  if (signature !== undefined && signature !== '') return { signature }
  const name = fields.get('sharedaccesskeyname')
  const key = fields.get('sharedaccesskey')
  if (name && key) return { name, key }
  throw wrong(
    'connectionString',
    'must hold SharedAccessKeyName and SharedAccessKey, or SharedAccessSignature'
  )
}

function wrong(path: string, detail: string): FaultError {
  return new FaultError('config_invalid', { path, detail })
}
