// Packets byte for byte: the examples of the protocol's document, packets of ours, and what is no packet or no login.

import test from 'ava'
import { loginAnswer, recordAnswer } from '../../../../connectors/wialon-ips/codec/answers.ts'
import { crcText } from '../../../../connectors/wialon-ips/codec/crc.ts'
import { loginPacket, readLogin } from '../../../../connectors/wialon-ips/codec/login.ts'
import {
  checkedBody,
  checkedPacket,
  packetOf,
  plainPacket
} from '../../../../connectors/wialon-ips/codec/packet.ts'

test('the CRC of the check text of CRC-16/ARC', t => {
  t.is(crcText(Buffer.from('123456789')), 'BB3D')
})

test('a CRC has four digits, however small it is', t => {
  t.is(crcText(Buffer.alloc(0)), '0000')
})

const short = '141123;221320;5544.6025;N;03739.6834;E;54;326;106;11'
const vectors: readonly [title: string, packet: string, text: string][] = [
  ['a login without password', loginPacket('2.0', 'imei', null), '#L#2.0;imei;NA;A932\r\n'],
  [
    'a login with password',
    loginPacket('2.0', '353976013445485', 'secret'),
    '#L#2.0;353976013445485;secret;2CAA\r\n'
  ],
  ['a login of version 1.1', loginPacket('1.1', 'imei', null), '#L#imei;NA\r\n'],
  ['a short record', checkedPacket('SD', `${short};`), `#SD#${short};65DC\r\n`],
  ['a black box of two', checkedPacket('B', `${short}|${short}|`), `#B#${short}|${short}|0F63\r\n`],
  ['a ping', plainPacket('P'), '#P#\r\n'],
  ['an answer to a login', loginAnswer('wrong password'), '#AL#01\r\n'],
  ['an answer', recordAnswer('SD', 'crc'), '#ASD#13\r\n'],
  ['an answer to an extended record', recordAnswer('D', 'crc'), '#AD#16\r\n'],
  ['a short record has no parameters to be wrong', recordAnswer('SD', 'parameters'), '#ASD#-1\r\n']
]

for (const [title, packet, text] of vectors) {
  test(`byte for byte: ${title}`, t => {
    t.is(packet, text)
  })
}

test('type and body of a packet', t => {
  const { type, body } = packetOf(Buffer.from('#SD#a#b;1234')) ?? t.fail()
  t.is(type, 'SD')
  t.is(body.toString(), 'a#b;1234')
})

for (const line of ['', '#', '##', '##x', 'L#a', '#L', '#LONGTYPES#x', 'SSH-2.0-OpenSSH_9.2', ' #L#']) {
  test(`no packet: ${JSON.stringify(line)}`, t => {
    t.is(packetOf(Buffer.from(line)), null)
  })
}

const bodies: readonly [body: string, separator: ';' | '|', checked: string | null][] = [
  [`${short};65DC`, ';', short],
  [`${short};65dc`, ';', short],
  [`${short};65DD`, ';', null],
  [`${short};`, ';', null],
  [short, ';', null],
  [`${short};065DC`, ';', null],
  [`${short}|${short}|F63`, '|', `${short}|${short}`],
  [`${short}|${short}|0F64`, '|', null],
  ['', ';', null]
]

for (const [body, separator, checked] of bodies) {
  test(`what ${checked === null ? 'fails' : 'passes'} its CRC: ${JSON.stringify(body)} by ${separator}`, t => {
    t.is(checkedBody(Buffer.from(body), separator)?.toString() ?? null, checked)
  })
}

const logins: readonly [body: string, login: unknown][] = [
  ['2.0;imei;NA;A932', { ident: 'imei', password: null, isChecked: true }],
  ['2.0;353976013445485;secret;2CAA', { ident: '353976013445485', password: 'secret', isChecked: true }],
  ['2.0;353976013445485;secret;2CAB', 'crc'],
  ['2.0;imei;NA', 'crc'],
  ['imei;NA', { ident: 'imei', password: null, isChecked: false }],
  ['imei;', { ident: 'imei', password: null, isChecked: false }],
  ['imei;a;b', { ident: 'imei', password: 'a;b', isChecked: false }],
  ['7.5;secret', { ident: '7.5', password: 'secret', isChecked: false }],
  ['imei', 'structure'],
  [';secret', 'structure'],
  ['', 'structure']
]

for (const [body, login] of logins) {
  test(`what a login says: ${JSON.stringify(body)}`, t => {
    t.deepEqual(readLogin(Buffer.from(body)), login as never)
  })
}

test('a password with the separator is read as it was written', t => {
  const packet = packetOf(Buffer.from(loginPacket('2.1', 'imei', 'a;b').trimEnd()))
  t.like(readLogin(packet?.body ?? t.fail()), { ident: 'imei', password: 'a;b' })
})
