// What can go wrong at the cluster of a Kafka target: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

export const kafkaTargetErrors = {
  kafka_target_connect_failed: {
    sentence: 'No broker of the target could be reached',
    hint: 'Check the hosts and ports in brokers, DNS, the network, and that the brokers run; every broker must be reachable by the address that it advertises.',
    outcome: 'unsent'
  },
  kafka_target_hung_up: {
    sentence: 'The connection was closed before the broker of the target had answered',
    hint: 'Check that the port is one for clients, that tls is set if it speaks TLS and only then, and that sasl is set if it demands credentials.',
    outcome: 'unsent'
  },
  kafka_target_connect_timeout: {
    sentence: 'No broker of the target was ready in time',
    hint: 'Check that brokers are the addresses of a Kafka, that tls is set if they speak TLS and only then, and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  kafka_target_tls_failed: {
    isBlameless: true,
    sentence: 'No trusted TLS connection to the brokers of the target came about',
    hint: 'Check their certificate, tls.ca if it has an authority of its own, and that the port speaks TLS.',
    outcome: 'unsent'
  },
  kafka_target_unauthorized: {
    sentence: 'The cluster of the target refused the credentials',
    hint: 'Check sasl: mechanism, username and password.',
    outcome: 'halt'
  },
  kafka_target_topic_missing: {
    sentence: 'The topic of the target does not exist',
    hint: 'Create it there: Tailrace creates no topics of a target. It may also be that the user may not see it (ACL Describe).',
    outcome: 'halt'
  },
  kafka_target_forbidden: {
    sentence: 'The cluster of the target does not let this user write to the topic',
    hint: 'The user needs the ACLs Describe and Write on the topic; connectors/kafka/target/README.md shows them.',
    outcome: 'halt'
  },
  kafka_target_partition_missing: {
    sentence: 'The topic of the target has fewer partitions than the topic that is read',
    hint: 'With partition: keep it needs as many: raise them there, or write partition: key.',
    outcome: 'halt'
  },
  kafka_target_device_topic_missing: {
    sentence: 'The topic that is made for this device does not exist',
    hint: 'Create it there; the device waits and goes on by itself. It may also be that the user may not see it (ACL Describe).',
    outcome: 'reject'
  },
  kafka_target_device_forbidden: {
    sentence:
      'The cluster of the target does not let this user write to the topic that is made for this device',
    hint: 'The user needs the ACLs Describe and Write on it; the device waits and goes on by itself.',
    outcome: 'reject'
  },
  kafka_target_message_unfit: {
    sentence: 'The message does not have what its topic or key is made of, or holds what cannot stand there',
    hint: 'A step can set or change the field, or filter such messages out.',
    outcome: 'reject'
  },
  kafka_target_too_large: {
    sentence: 'The message is larger than the topic of the target takes',
    hint: 'Raise max.message.bytes of that topic; a step can make such messages smaller.',
    outcome: 'reject'
  },
  kafka_target_rejected: {
    sentence: 'The broker of the target refused the message for what it contains',
    hint: 'A compacted topic takes no message without a key, and a topic may limit how old timestamps are (keepTimestamps).',
    outcome: 'reject'
  },
  kafka_target_no_leader: {
    sentence: 'Nobody leads the partition at the moment',
    hint: 'It goes on by itself when a broker takes over; if it stays, look at the brokers of the target.',
    outcome: 'unsent',
    isBlameless: true
  },
  kafka_target_leader_moved: {
    sentence: 'The partition has moved to another broker',
    hint: 'It goes on by itself at that broker; if it stays, look at the brokers of the target.',
    outcome: 'unknown',
    isBlameless: true
  },
  kafka_target_few_replicas: {
    sentence: 'Too few replicas of the partition are in sync for it to take messages',
    hint: 'Look at the brokers of the target, and compare min.insync.replicas of the topic with its replicas.',
    outcome: 'retry'
  },
  kafka_target_unreplicated: {
    sentence: 'The broker has the messages, and its replicas did not confirm them in time',
    hint: 'Look at the brokers of the target; the messages are sent again and may be there twice.',
    outcome: 'unknown',
    isBlameless: true
  },
  kafka_target_ack_timeout: {
    sentence: 'The broker took the messages and did not confirm them in time',
    hint: 'Look at the brokers of the target, or raise ackTimeoutMs.',
    outcome: 'unknown'
  },
  kafka_target_connection_lost: {
    sentence: 'The connection to the broker broke before it had confirmed',
    hint: 'It goes on by itself; if it stays, look into the log of the broker.',
    outcome: 'unknown'
  },
  kafka_target_failed: {
    sentence: 'The broker answered with an error',
    hint: 'Its name is told; look into the log of the broker.',
    outcome: 'unknown'
  },
  kafka_target_predecessor_failed: {
    sentence: 'An earlier message of the same device failed, and this one has to follow it',
    outcome: 'unsent'
  }
} as const satisfies Record<string, ErrorSpec>
