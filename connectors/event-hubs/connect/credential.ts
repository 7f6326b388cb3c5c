// Who sends, as the SDK wants it: a shared access key, or a credential of Microsoft Entra, whose package is loaded only where there is
// one. Tokens are fetched and renewed by the SDK.

import type { TokenCredential } from '@azure/event-hubs'
import { FaultError } from '../../../schemas/errors.ts'
import { detailOf } from '../../shared/tls.ts'
import type { EventHubsTargetConfig } from '../target-config.ts'
import type { Namespace, SharedAccess } from './namespace.ts'

export type Credential = SharedAccess | TokenCredential

type EntraConfig = NonNullable<EventHubsTargetConfig['credential']>

/** Throws a FaultError `config_invalid` for what is missing or of no use. Contacts nobody. */
export async function credentialOf(
  { access }: Namespace,
  config: EventHubsTargetConfig
): Promise<Credential> {
  if (access !== null) return access
  if (config.credential === undefined) throw new FaultError('internal', { detail: 'no credential' })
  return entraCredential(config.credential)
}

/**
 * The same for the life of one connection: whoever asks later gets no answer at all, since the SDK goes on renewing what it has got one
 * for, and keeps the connection for that. `ended` gives up what is being fetched.
 */
export function lent(credential: Credential, ended: AbortSignal): Credential {
  if (!('getToken' in credential)) return credential
  return {
    async getToken(scopes) {
      try {
        const token = ended.aborted ? null : await credential.getToken(scopes, { abortSignal: ended })
        if (!ended.aborted) return token && notTooSoon(token)
      } catch (error) {
        if (!ended.aborted) throw error
      }
      return new Promise(() => {})
    }
  }
}

/** How long before its end the SDK renews a token; it takes the time until then of the first one as its pace for good. */
const renewedBeforeMs = 120_000
const leastPaceMs = 1_000

type AccessToken = NonNullable<Awaited<ReturnType<TokenCredential['getToken']>>>

function notTooSoon(token: AccessToken): AccessToken {
  const leastMs = Date.now() + renewedBeforeMs + leastPaceMs
  return { ...token, expiresOnTimestamp: Math.max(token.expiresOnTimestamp, leastMs) }
}

const allFields = ['tenantId', 'clientId', 'clientSecret'] as const

/** What each kind has a use for. */
const fieldsOfKind: Readonly<Record<EntraConfig['kind'], readonly (typeof allFields)[number][]>> = {
  clientSecret: allFields,
  workloadIdentity: ['tenantId', 'clientId'],
  managedIdentity: ['clientId'],
  default: ['tenantId', 'clientId']
}

async function entraCredential(config: EntraConfig): Promise<TokenCredential> {
  const { kind, tenantId, clientId, clientSecret } = config
  const useless = allFields.find(field => config[field] !== undefined && !fieldsOfKind[kind].includes(field))
  if (useless !== undefined) throw wrong(useless, `is of no use with kind: ${kind}`)
  const identity = await import('@azure/identity')
  const client = clientId === undefined ? {} : { clientId }
  const options = { ...client, ...(tenantId !== undefined && { tenantId }) }
  if (kind === 'managedIdentity') return new identity.ManagedIdentityCredential(client)
  if (kind === 'workloadIdentity') return late(() => new identity.WorkloadIdentityCredential(options))
  if (kind === 'default') {
    const ids = clientId && { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }
    return late(() => new identity.DefaultAzureCredential({ ...options, ...ids }))
  }
  if (tenantId === undefined) throw missing('tenantId')
  if (clientId === undefined) throw missing('clientId')
  if (clientSecret === undefined) throw missing('clientSecret')
  return new identity.ClientSecretCredential(tenantId, clientId, clientSecret)
}

/** Made when a token is wanted: the SDK looks into the environment at once, and throws where it lacks something. */
function late(make: () => TokenCredential): TokenCredential {
  let made: TokenCredential | undefined
  return {
    async getToken(scopes, options) {
      try {
        made ??= make()
      } catch (error) {
        throw new FaultError('event_hubs_credential_missing', { detail: detailOf(error) })
      }
      return made.getToken(scopes, options)
    }
  }
}

function missing(field: string): FaultError {
  return wrong(field, 'is missing: needed with kind clientSecret')
}

function wrong(field: string, detail: string): FaultError {
  return new FaultError('config_invalid', { path: `credential.${field}`, detail })
}
