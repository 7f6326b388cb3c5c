// What can go wrong at Google Pub/Sub: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

export const pubsubErrors = {
  pubsub_connect_failed: {
    sentence: 'Pub/Sub could not be reached',
    hint: 'Check endpoint (or emulator), DNS, the network, and that gRPC is spoken there: a regional endpoint is named europe-west1-pubsub.googleapis.com.',
    outcome: 'unsent'
  },
  pubsub_connect_timeout: {
    sentence: 'Pub/Sub did not accept the connection in time',
    hint: 'Check endpoint (or emulator), that gRPC is spoken on this port, and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  pubsub_tls_failed: {
    isBlameless: true,
    sentence: 'No trusted TLS connection to Pub/Sub came about',
    hint: 'Check endpoint, and tls.ca if its certificate is one of a private authority. An emulator without TLS belongs in emulator.',
    outcome: 'unsent'
  },
  pubsub_credentials_missing: {
    sentence: 'There are no credentials for Google Cloud, or none that can be used',
    hint: 'Set credentials to "${file:/run/secrets/key.json}", or give the process default credentials: GOOGLE_APPLICATION_CREDENTIALS, or the service account of the machine or pod.',
    outcome: 'halt'
  },
  pubsub_token_unavailable: {
    isBlameless: true,
    sentence: 'No access token was to be had from Google',
    hint: 'Check that the token server, or the metadata server of the machine, can be reached.',
    outcome: 'unsent'
  },
  pubsub_token_refused: {
    sentence: 'Pub/Sub no longer takes the access token, and a new one is made',
    outcome: 'retry'
  },
  pubsub_unauthenticated: {
    sentence: 'Pub/Sub refused the credentials',
    hint: 'Check that the key in credentials exists and is enabled (gcloud iam service-accounts keys list), and that the clock of this machine is right.',
    outcome: 'halt'
  },
  pubsub_forbidden: {
    sentence: 'The credentials may not publish to the topic',
    hint: 'Give the account the role roles/pubsub.publisher on the topic, and check that project and topic are the right ones.',
    outcome: 'halt'
  },
  pubsub_topic_missing: {
    sentence: 'There is no such topic',
    hint: 'Check project and topic, or make it: gcloud pubsub topics create TOPIC --project PROJECT.',
    outcome: 'halt'
  },
  pubsub_device_refused: {
    sentence: 'Pub/Sub refuses the topic of this device',
    hint: 'The topic holds fields of the message: it has to exist, and the account needs roles/pubsub.publisher on it. The device goes on by itself.',
    outcome: 'reject'
  },
  pubsub_unimplemented: {
    sentence: 'What answers there is not Pub/Sub',
    hint: 'Check endpoint (or emulator) and its port.',
    outcome: 'halt'
  },
  pubsub_rejected: {
    sentence: 'Pub/Sub refused the message for good',
    hint: 'Its reason should say why: a schema of the topic, or a limit. A step can leave out or change such messages.',
    outcome: 'reject'
  },
  pubsub_too_large: {
    sentence: 'The message is larger than Pub/Sub takes',
    hint: 'Pub/Sub takes 10 MB in one message. A step can leave fields out.',
    outcome: 'reject'
  },
  pubsub_message_unfit: {
    sentence: 'The message cannot have a topic, an ordering key or attributes as configured',
    hint: 'The detail says what it lacks or holds; a step can set it, or leave such messages out.',
    outcome: 'reject'
  },
  pubsub_throttled: {
    sentence: 'Pub/Sub asked to send less often',
    hint: 'A quota is exhausted: look at the quotas of the project, and at 1 MB a second for each ordering key; rateLimit of the stream keeps below a limit that is known.',
    outcome: 'retry',
    isOverload: true
  },
  pubsub_unavailable: {
    sentence: 'Pub/Sub cannot take messages at the moment',
    outcome: 'retry',
    isOverload: true
  },
  pubsub_not_taken: {
    sentence: 'Pub/Sub did not take the messages now',
    hint: 'Its reason should say why, such as a disabled encryption key of the topic.',
    outcome: 'retry'
  },
  pubsub_failed: {
    sentence: 'Pub/Sub failed over the messages, and it is not known whether it has them',
    hint: 'Look at the state of Google Cloud. Where others pass and one message fails again and again, it is set aside.',
    outcome: 'unknown'
  },
  pubsub_unclear: {
    isBlameless: true,
    sentence: 'Pub/Sub failed, and it is not known whether it has the messages',
    outcome: 'unknown'
  },
  pubsub_connection_lost: {
    sentence: 'The connection to Pub/Sub broke before it had confirmed',
    hint: 'If it goes on: check what on the way ends connections, and that endpoint (or emulator) is Pub/Sub.',
    outcome: 'unknown'
  },
  pubsub_response_timeout: {
    sentence: 'Pub/Sub took the messages and did not confirm them in time',
    hint: 'Look at the state of Google Cloud and the network, or raise responseTimeoutMs.',
    outcome: 'unknown'
  },
  pubsub_answer_malformed: {
    sentence: 'Pub/Sub answered without an id for each message',
    hint: 'Check endpoint (or emulator): what answers there is not Pub/Sub as it should be.',
    outcome: 'unknown'
  }
} as const satisfies Record<string, ErrorSpec>
