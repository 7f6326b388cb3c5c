// What can go wrong at Azure Event Hubs: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

export const eventHubsErrors = {
  event_hubs_connect_failed: {
    sentence: 'The namespace could not be reached',
    hint: 'Check the host in connectionString, namespace or endpoint, DNS, the network, and that port 5671 is let through; with webSocket: true it is 443.',
    outcome: 'unsent'
  },
  event_hubs_connect_timeout: {
    sentence: 'The hub was not open for sending in time',
    hint: 'Check that a namespace of Event Hubs is behind host and port, and firewalls on the way; where only 443 is let through set webSocket: true. Or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  event_hubs_hung_up: {
    sentence: 'The connection was closed before the hub was open for sending',
    hint: 'Check that a namespace of Event Hubs is behind host and port, that its firewall lets this address in, and that webSocket is set only for a port that speaks it.',
    outcome: 'unsent'
  },
  event_hubs_tls_failed: {
    isBlameless: true,
    sentence: 'No trusted TLS connection to the namespace came about',
    hint: 'Check its certificate, tls.ca if it has an authority of its own, tls.servername behind a private endpoint, and that the port speaks TLS.',
    outcome: 'unsent'
  },
  event_hubs_answer_malformed: {
    sentence: 'What answered does not speak AMQP',
    hint: 'Check that host and port are those of a namespace of Event Hubs, and that webSocket is set for a port that speaks WebSockets, as 443.',
    outcome: 'unsent'
  },
  event_hubs_unauthorized: {
    sentence: 'The service refused the credentials, or the right to send to this hub',
    hint: 'Check connectionString: its policy needs the right Send, and one of a hub is for that hub only. An identity of Microsoft Entra needs the role Azure Event Hubs Data Sender.',
    outcome: 'halt'
  },
  event_hubs_credential_refused: {
    sentence: 'Microsoft Entra gave no token for this identity',
    hint: 'Check tenantId, clientId and clientSecret of credential, and whether the secret has expired.',
    outcome: 'halt'
  },
  event_hubs_credential_missing: {
    sentence: 'This machine has no such identity',
    hint: 'Check that the kind of credential is the one that this machine or pod has: a managed identity has to be assigned to it, a workload identity needs the label and the service account.',
    outcome: 'halt'
  },
  event_hubs_token_unavailable: {
    sentence: 'Microsoft Entra could not be asked for a token',
    hint: 'Check that its host is let through; it is tried again by itself.',
    outcome: 'unsent'
  },
  event_hubs_hub_missing: {
    sentence: 'There is no such event hub in the namespace',
    hint: 'Check eventHub, or the EntityPath of connectionString, and create the hub.',
    outcome: 'halt'
  },
  event_hubs_link_refused: {
    sentence: 'The service does not open the hub for sending',
    hint: 'Its reason should say why. Check eventHub, and the state of the hub and the namespace in the portal.',
    outcome: 'halt'
  },
  event_hubs_hub_disabled: {
    sentence: 'The event hub is disabled',
    hint: 'Enable it in the portal; delivery goes on by itself.',
    outcome: 'halt'
  },
  event_hubs_throttled: {
    sentence: 'The service asks to send less often',
    hint: 'The throughput units of the namespace are used up: add some, or let it inflate by itself. It is tried again later.',
    outcome: 'retry',
    isOverload: true
  },
  event_hubs_quota_exceeded: {
    sentence: 'A quota of the namespace is used up',
    hint: 'Its text says which one: connections, or the size of the hub. It is tried again each minute.',
    outcome: 'retry'
  },
  event_hubs_too_large: {
    sentence: 'The message is larger than an event may be',
    hint: 'Basic takes 256 KB, Standard and Premium 1 MB. A step can leave out what is not needed.',
    outcome: 'reject'
  },
  event_hubs_rejected: {
    sentence: 'The service rejected the message',
    hint: 'Its reason should say what it dislikes. Mend it with a step, and resend the dead letter.',
    outcome: 'reject'
  },
  event_hubs_message_unfit: {
    sentence: 'The message cannot be sent as an event',
    hint: 'A partition key has at most 128 characters: with partitionKeys the ident is none. A step can leave such messages out.',
    outcome: 'reject'
  },
  event_hubs_unavailable: { sentence: 'The service failed to take the messages', outcome: 'retry' },
  event_hubs_token_refused: {
    sentence: 'The service did not let this connection send any more',
    hint: 'The token may have expired: a new connection is opened, which shows whether the credentials are still good.',
    outcome: 'retry'
  },
  event_hubs_no_credit: {
    sentence: 'The service gave no credit to send more on this link',
    hint: 'It is slow, or maxInFlight is higher than what it gives.',
    outcome: 'unsent'
  },
  event_hubs_unanswered: {
    sentence: 'The service ran out of time before it knew whether it has the messages',
    outcome: 'unknown'
  },
  event_hubs_ack_timeout: {
    sentence: 'The service took messages and did not accept them in time',
    hint: 'Look at the health of the namespace in the portal, or raise ackTimeoutMs.',
    outcome: 'unknown'
  },
  event_hubs_connection_lost: {
    sentence: 'The connection to the namespace broke before it had accepted the messages',
    outcome: 'unknown'
  },
  event_hubs_link_ended: {
    isBlameless: true,
    sentence: 'The service ended the link or the connection',
    hint: 'It does so with what is idle, and when it moves the hub: a new connection is opened when there is something to send.',
    outcome: 'unknown'
  },
  event_hubs_predecessor_failed: {
    sentence: 'An earlier message under the same partition key failed, so this one has to follow it',
    outcome: 'unsent'
  }
} as const satisfies Record<string, ErrorSpec>
