// What can go wrong at a receiver of Wialon IPS, and with what devices send by it: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

export const wialonIpsTargetErrors = {
  wialon_ips_connect_failed: {
    sentence: 'The receiver could not be reached',
    hint: 'Check host and port, DNS, the network, and that the receiver runs.',
    outcome: 'unsent'
  },
  wialon_ips_connect_timeout: {
    sentence: 'The receiver did not accept the connection in time',
    hint: 'Check the network and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  wialon_ips_login_unanswered: {
    sentence: 'The receiver did not answer the login of a device',
    hint: 'Check that host and port are those of Wialon IPS, and not of another protocol. Some receivers, Traccar among them, do not answer a device that they do not know: create it there. If the receiver is slow, raise answerTimeoutMs.',
    outcome: 'unsent'
  },
  wialon_ips_device_refused: {
    sentence: 'The receiver refused the login of a device',
    hint: 'Create the device there with this ident as its unique id, of a type of device that speaks Wialon IPS; what waits for it is sent then.',
    outcome: 'reject'
  },
  wialon_ips_password_refused: {
    sentence: 'The receiver refused the password',
    hint: 'Set password to the one that the devices have there; without it they log in with none.',
    outcome: 'halt'
  },
  wialon_ips_password_of_device: {
    sentence: 'The receiver wants another password of this device',
    hint: 'Give the device the same password there as the others have, or send it by a stream of its own.',
    outcome: 'reject'
  },
  wialon_ips_connection_lost: {
    sentence: 'The connection broke before the packet was answered',
    hint: 'The log of the receiver may say why it hung up. Check that host and port are those of Wialon IPS.',
    outcome: 'unknown'
  },
  wialon_ips_answer_timeout: {
    sentence: 'The receiver did not answer a packet in time',
    hint: 'If the receiver is slow, raise answerTimeoutMs or lower maxMessages.',
    outcome: 'unknown'
  },
  wialon_ips_answer_unexpected: {
    sentence: 'The receiver answered something that Wialon IPS does not have at this place',
    hint: 'Check that host and port are those of Wialon IPS. A receiver that counts the CRC of a black box as a record needs version 1.1 or maxMessages 1.',
    outcome: 'unknown'
  },
  wialon_ips_partly_taken: {
    sentence: 'The receiver took fewer messages of a black box than it was sent',
    hint: 'They are sent again one by one, so that each gets an answer of its own; nothing needs to be done.',
    outcome: 'unknown'
  },
  wialon_ips_crc_refused: {
    sentence: 'The receiver says that the check sum is wrong',
    hint: 'Check that it speaks the version that is set; 1.1 has no check sums.',
    outcome: 'retry'
  },
  wialon_ips_rejected: {
    sentence: 'The receiver refused a message',
    hint: 'The detail says which part of it is wrong there; a step can change or leave out such fields.',
    outcome: 'reject'
  },
  wialon_ips_unencodable: {
    sentence: 'The message does not fit into a record of Wialon IPS',
    hint: 'A step can leave out or change such messages.',
    outcome: 'reject'
  }
} as const satisfies Record<string, ErrorSpec>

const sourceErrors = {
  wialon_ips_packet_malformed: {
    sentence: 'What was received is no packet of Wialon IPS',
    hint: 'Check that the device speaks Wialon IPS over TCP, and to this port. Its connection was closed.'
  },
  wialon_ips_packet_too_large: {
    sentence: 'A packet is longer than is taken',
    hint: 'If the device really has such packets, raise maxPacketBytes or let it send smaller black boxes; otherwise it speaks another protocol.'
  },
  wialon_ips_packet_timeout: {
    sentence: 'A packet began and did not end in time',
    hint: 'The network or the device is slow, or hangs; raise packetTimeoutMs if that is to be so.'
  },
  wialon_ips_packet_unknown: {
    sentence: 'A packet of a type came that is not taken',
    hint: 'Messages to drivers, pictures, files and videos are not taken, and get no answer. Switch them off at the device.'
  },
  wialon_ips_login_missing: {
    sentence: 'A connection did not begin with a login',
    hint: 'Check that the device speaks Wialon IPS over TCP, and to this port. Its connection was closed.'
  },
  wialon_ips_login_invalid: {
    sentence: 'A login cannot be taken',
    hint: 'The detail says what is wrong; it has to be mended at the device.'
  },
  wialon_ips_login_refused: {
    sentence: 'A device logged in with a wrong password',
    hint: 'Give the device the password of the source.'
  },
  wialon_ips_crc_wrong: {
    sentence: 'The check sum of a packet is wrong or missing',
    hint: 'From version 2.0 on packets end with a CRC-16; a device that has none must log in as version 1.x does.'
  },
  wialon_ips_record_invalid: {
    sentence: 'A record cannot be a message',
    hint: 'The detail names the part that is wrong; it has to be mended at the device. The record is among the dead letters of its channel.'
  },
  wialon_ips_record_too_large: {
    sentence: 'A record is larger as a message than the topic of its channel takes',
    hint: 'Raise max.message.bytes of the topic. The record is among the dead letters of its channel.'
  },
  wialon_ips_source_unguarded: {
    sentence: 'A channel would take messages from anyone who can reach it',
    hint: 'Set a password, listen on a loopback address behind a tunnel, or write insecure: true.',
    exitCode: 2
  }
} as const satisfies Record<string, ErrorSpec>

export const wialonIpsErrors = { ...wialonIpsTargetErrors, ...sourceErrors } as const
