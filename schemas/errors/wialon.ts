// What can go wrong with Wialon Retranslator, at a receiver and with senders: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

/** Of the target. */
export const wialonErrors = {
  wialon_connect_failed: {
    sentence: 'The receiver could not be reached',
    hint: 'Check host and port, DNS, the network, and that the receiver runs.',
    outcome: 'unsent'
  },
  wialon_connect_timeout: {
    sentence: 'The receiver did not accept the connection in time',
    hint: 'Check the network and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  wialon_connection_lost: {
    sentence: 'The connection broke before every packet was answered',
    hint: 'The log of the receiver may say why it hung up. Check that host and port are those of a Wialon Retranslator receiver.',
    outcome: 'unknown'
  },
  wialon_answer_timeout: {
    sentence: 'The receiver did not answer every packet in time',
    hint: 'Check that host and port are those of a Wialon Retranslator receiver, which answers each packet with 0x11. If it is slow, raise answerTimeoutMs or lower maxMessages. A receiver that answers once for all it has read at once needs maxMessages 1 or "acks: any"; only for one that never answers there is "acks: none", with which messages can be lost.',
    outcome: 'unknown'
  },
  wialon_write_timeout: {
    sentence: 'The receiver did not take the packets in time',
    hint: 'It does not read: check that it works, or raise answerTimeoutMs.',
    outcome: 'unknown'
  },
  wialon_answer_malformed: {
    sentence: 'The receiver answered something else than the 0x11 of Wialon Retranslator',
    hint: 'Check that host and port are those of a Wialon Retranslator receiver. For one that answers with the text 17 (0x3137) or otherwise there are "acks: any" and "ackBytes: any", which promise less.',
    outcome: 'unknown'
  },
  wialon_answer_surplus: {
    sentence: 'The receiver sent more answers than packets were open',
    hint: 'Answers are counted, so none can be trusted: the receiver must answer each packet once.',
    outcome: 'unknown'
  },
  wialon_unencodable: {
    sentence: 'The message does not fit into a Wialon Retranslator packet',
    hint: 'A step can leave out or change such messages.',
    outcome: 'reject'
  }
} as const satisfies Record<string, ErrorSpec>

/** Of the source. */
export const wialonSourceErrors = {
  wialon_packet_malformed: {
    sentence: 'What was received is no packet of Wialon Retranslator',
    hint: 'Check that the sender speaks Wialon Retranslator 1.0, and to this port. Its connection was closed, since it cannot be told where its next packet begins.'
  },
  wialon_packet_too_large: {
    sentence: 'A packet announces more bytes than are taken',
    hint: 'If the sender really has such packets, raise maxPacketBytes; otherwise it speaks another protocol.'
  },
  wialon_packet_timeout: {
    sentence: 'A packet began and did not end in time',
    hint: 'The network or the sender is slow, or hangs; raise packetTimeoutMs if that is to be so.'
  },
  wialon_message_invalid: {
    sentence: 'A packet came whole and cannot be a message',
    hint: 'The detail says what is wrong; it has to be mended at the sender. The packet is among the dead letters of its channel.'
  },
  wialon_message_too_large: {
    sentence: 'A message is larger than the topic of its channel takes',
    hint: 'Raise max.message.bytes of the topic. The packet is among the dead letters of its channel.'
  },
  wialon_sender_refused: {
    sentence: 'The address of the sender is not among senders',
    hint: 'Add it to senders of the source if it may send.'
  },
  wialon_source_unguarded: {
    sentence: 'A channel would take messages from anyone who can reach it',
    hint: 'Name who may send in senders, listen on a loopback address behind a tunnel, or write insecure: true.',
    exitCode: 2
  }
} as const satisfies Record<string, ErrorSpec>
