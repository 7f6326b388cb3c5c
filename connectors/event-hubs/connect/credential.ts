// Who sends, as the SDK wants it: a shared access key, or a credential of Microsoft Entra, whose package is loaded only where there is
// one. Tokens are fetched and renewed by the SDK.

import type { TokenCredential } from '@azure/event-hubs'
import { FaultError } from '../../../schemas/errors.ts'
import { detailOf } from '../../shared/tls.ts'
import type { EventHubsTargetConfig } from '../target-config.ts'
import type { Namespace, SharedAccess } from './namespace.ts'

export type Credential = SharedAccess | TokenCredential

type EntraConfig = NonNullable<EventHubsTargetConfig['credential']>

/** Throws a FaultError `config_invalid` for what is missing. Contacts nobody. */
export async function credentialOf(
  { access }: Namespace,
  config: EventHubsTargetConfig
): Promise<Credential> {
  if (access !== null) return access
  if (config.credential === undefined) throw missing('kind')
  return entraCredential(config.credential)
}

async function entraCredential({
  kind,
  tenantId,
  clientId,
  clientSecret
}: EntraConfig): Promise<TokenCredential> {
  const identity = await import('@azure/identity')
  const options = { ...(clientId !== undefined && { clientId }), ...(tenantId !== undefined && { tenantId }) }
  if (kind === 'managedIdentity')
    return clientId === undefined
      ? new identity.ManagedIdentityCredential()
      : new identity.ManagedIdentityCredential({ clientId })
  if (kind === 'workloadIdentity') return available(() => new identity.WorkloadIdentityCredential(options))
  if (kind === 'default') {
    const ids = clientId && { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }
    return available(() => new identity.DefaultAzureCredential({ ...options, ...ids }))
  }
  if (tenantId === undefined) throw missing('tenantId')
  if (clientId === undefined) throw missing('clientId')
  if (clientSecret === undefined) throw missing('clientSecret')
  return new identity.ClientSecretCredential(tenantId, clientId, clientSecret)
}

/** The SDK looks into the environment at once, and throws where it lacks something. */
function available(make: () => TokenCredential): TokenCredential {
  try {
    return make()
  } catch (error) {
    throw new FaultError('event_hubs_credential_missing', { detail: detailOf(error) })
  }
}

function missing(field: string): FaultError {
  return new FaultError('config_invalid', { path: `credential.${field}`, detail: 'is needed' })
}
