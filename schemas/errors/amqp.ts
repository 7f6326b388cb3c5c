// What can go wrong at an AMQP 0-9-1 broker, such as RabbitMQ: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

export const amqpErrors = {
  amqp_connect_failed: {
    isBlameless: true,
    sentence: 'The broker could not be reached',
    hint: 'Check url, DNS, the network, and that the broker runs.',
    outcome: 'unsent'
  },
  amqp_connect_timeout: {
    isBlameless: true,
    sentence: 'The broker did not accept the connection in time',
    hint: 'Check that url and port are those of an AMQP broker, and that url begins with amqps:// if the port speaks TLS; check the network and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  amqp_hung_up: {
    isBlameless: true,
    sentence: 'What was reached closed the connection before it had accepted it',
    hint: 'Check that url and port are those of an AMQP broker, that url begins with amqps:// if the port speaks TLS, and what the log of the broker says about this connection.',
    outcome: 'unsent'
  },
  amqp_tls_failed: {
    isBlameless: true,
    sentence: 'No trusted TLS connection to the broker came about',
    hint: 'Check its certificate, tls.ca if it has an authority of its own, and that url and port speak TLS.',
    outcome: 'unsent'
  },
  amqp_answer_malformed: {
    isBlameless: true,
    sentence: 'What answered does not speak AMQP 0-9-1 as it should',
    hint: 'Check that url and port are those of a broker with AMQP 0-9-1, such as RabbitMQ, and that url begins with amqps:// if the port speaks TLS. AMQP 1.0 is another protocol.',
    outcome: 'unsent'
  },
  amqp_unavailable: {
    isBlameless: true,
    sentence: 'The broker takes no connections at the moment',
    hint: 'Its reason is told: it starts or stops, or has as many connections as it allows.',
    outcome: 'unsent'
  },
  amqp_unauthorized: {
    sentence: 'The broker refused the credentials',
    hint: 'Check username and password, or the client certificate in tls.cert; RabbitMQ lets its user guest in from its own machine only.',
    outcome: 'halt'
  },
  amqp_mechanism_missing: {
    sentence: 'The broker does not offer the way of logging in that is configured',
    hint: 'With username and password it has to offer PLAIN; with a client certificate alone EXTERNAL, for which RabbitMQ has the plugin rabbitmq_auth_mechanism_ssl.',
    outcome: 'halt'
  },
  amqp_vhost_refused: {
    sentence: 'The broker does not let this user into the virtual host',
    hint: 'Check the virtual host at the end of url, that it exists, and that the user has permissions in it (rabbitmqctl list_permissions -p VHOST).',
    outcome: 'halt'
  },
  amqp_connect_refused: {
    sentence: 'The broker refused the connection',
    hint: 'Its reason is told; check url and the settings of the broker for this client.',
    outcome: 'halt'
  },
  amqp_exchange_missing: {
    sentence: 'The broker does not have the exchange',
    hint: 'Declare it at the broker, or check exchange and the virtual host at the end of url. Tailrace declares nothing.',
    outcome: 'halt'
  },
  amqp_exchange_refused: {
    sentence: 'The broker does not let this user publish to the exchange',
    hint: 'Give the user the write permission for it (rabbitmqctl set_permissions, and set_topic_permissions where those are used), or check exchange and routingKey.',
    outcome: 'halt'
  },
  amqp_unroutable: {
    sentence: 'No queue is bound for the messages, so the broker gave one back',
    hint: 'Bind a queue to the exchange for this routing key. Where messages that nobody waits for may be lost, set mandatory to false.',
    outcome: 'halt'
  },
  amqp_device_unroutable: {
    sentence: 'No queue is bound for the messages of this device, so the broker gave one back',
    hint: 'Bind a queue to the exchange for its routing key. Where messages that nobody waits for may be lost, set mandatory to false.',
    outcome: 'reject'
  },
  amqp_queue_missing: {
    sentence: 'The broker does not have the queue',
    hint: 'There is no queue of this name in this virtual host: declare it, or check routingKey, which names the queue where there is no exchange, and the virtual host at the end of url. Tailrace declares nothing. Where messages that nobody waits for may be lost, set mandatory to false.',
    outcome: 'halt'
  },
  amqp_device_queue_missing: {
    sentence: 'The broker does not have the queue of this device',
    hint: 'There is no queue of this name in this virtual host: declare it, or check routingKey, which names the queue where there is no exchange. Where messages that nobody waits for may be lost, set mandatory to false.',
    outcome: 'reject'
  },
  amqp_device_refused: {
    sentence:
      'The broker does not let this user publish to the exchange or with the routing key of this device',
    hint: 'Check what the broker allows this user to write, and that it has the exchange.',
    outcome: 'reject'
  },
  amqp_nacked: {
    isOverload: true,
    sentence: 'The broker did not take the message',
    hint: 'A queue is full (overflow reject-publish), or cannot store it: look at the queues behind the exchange, and into the log of the broker.',
    outcome: 'retry'
  },
  amqp_blocked: {
    isBlameless: true,
    sentence: 'The broker takes no messages at the moment',
    hint: 'RabbitMQ does so while it is short of memory or of space on the disk (rabbitmq-diagnostics alarms). It goes on by itself once there is room.',
    outcome: 'unsent'
  },
  amqp_ack_timeout: {
    sentence: 'The broker took a message and did not confirm it in time',
    hint: 'Look into the log of the broker, or raise ackTimeoutMs.',
    outcome: 'unknown'
  },
  amqp_passed_over: {
    isBlameless: true,
    sentence: 'The broker did not confirm a message in time, and confirmed later ones',
    hint: 'A queue that it goes to may have lost its majority or be stuck: look at the queues behind the exchange. The device waits and is tried again.',
    outcome: 'unknown'
  },
  amqp_heartbeat_missed: {
    isBlameless: true,
    sentence: 'The broker was not heard of for two heartbeats',
    hint: 'Check the network and the load of the broker, or raise heartbeatSeconds.',
    outcome: 'unknown'
  },
  amqp_connection_lost: {
    sentence: 'The connection to the broker broke before it had confirmed',
    outcome: 'unknown'
  },
  amqp_disconnected: {
    isBlameless: true,
    sentence: 'The broker ended the connection or its channel, for a reason that is not a message',
    hint: 'Its reason is told; look into the log of the broker if it goes on.',
    outcome: 'unknown'
  },
  amqp_broker_failed: {
    isBlameless: true,
    sentence: 'The broker ended the connection or its channel over an error of its own',
    hint: 'Its reason is told; look into the log of the broker. A message to which this happens twice is sent alone.',
    outcome: 'unknown'
  },
  amqp_broker_failed_alone: {
    sentence: 'The broker fails over this message: it did so while nothing else was in flight',
    hint: 'Look into the log of the broker for what it does not bear about the message.',
    outcome: 'unknown'
  },
  amqp_channel_closed: {
    sentence: 'The broker closed the channel over a message, and does not say which',
    hint: 'Its reason is told. The batch is halved until the message stands alone.',
    outcome: 'unknown'
  },
  amqp_channel_shared: {
    isBlameless: true,
    sentence: 'The broker closed the channel over another message',
    hint: 'It is sent again. The other message is told with its own reason.',
    outcome: 'unknown'
  },
  amqp_predecessor_failed: {
    sentence: 'An earlier message of the same device failed, and this one has to follow it',
    outcome: 'unsent'
  },
  amqp_message_unfit: {
    sentence:
      'The message does not have what its routing key, headers or properties are made of, or holds what cannot be sent',
    hint: 'A step can set or change the field, or filter such messages out.',
    outcome: 'reject'
  },
  amqp_too_large: {
    sentence: 'The message is larger than the broker takes',
    hint: 'Raise max_message_size of RabbitMQ; a step can make such messages smaller.',
    outcome: 'reject'
  },
  amqp_rejected: {
    sentence: 'The broker refused the message for what it holds',
    hint: 'Its reason is told; a step can leave out or change such messages.',
    outcome: 'reject'
  }
} as const satisfies Record<string, ErrorSpec>
