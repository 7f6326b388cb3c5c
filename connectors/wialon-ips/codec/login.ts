// The login, the first packet on a connection, which names the device that all others are of:
//
//   2.x  #L#version;ident;password;CRC\r\n        1.x  #L#ident;password\r\n
//
// `NA` stands for no password.

import { checkedBody, checkedPacket, plainPacket } from './packet.ts'
import { absent } from './values.ts'

/** Those that can be spoken. 1.1 has no CRC; 2.1 has fractions of a second. */
export type Version = '1.1' | '2.0' | '2.1'

export interface Login {
  readonly ident: string
  /** Null when there is none. */
  readonly password: string | null
  /** Whether all packets of the connection end with a CRC. */
  readonly isChecked: boolean
}

/** Characters that would end a field or the line. */
export const unfitForLogin = /[;\r\n\0]/

/** Ident and password are without characters of `unfitForLogin`. */
export function loginPacket(version: Version, ident: string, password: string | null): string {
  const rest = `${ident};${password ?? absent}`
  return version === '1.1' ? plainPacket('L', rest) : checkedPacket('L', `${version};${rest};`)
}

/** What is wrong with a login. */
export type LoginProblem = 'structure' | 'crc'

/** Reads what stands behind `#L#`. */
export function readLogin(body: Buffer): Login | LoginProblem {
  const [first = '', ...rest] = body.toString().split(';')
  if (!/^\d+\.\d+$/.test(first) || rest.length < 2) return loginOf([first, ...rest], false)
  const checked = checkedBody(body, ';')
  if (checked === null) return 'crc'
  return loginOf(checked.toString().split(';').slice(1), true)
}

/** A password may hold the separator. */
function loginOf([ident = '', ...rest]: readonly string[], isChecked: boolean): Login | LoginProblem {
  if (ident === '' || rest.length === 0) return 'structure'
  const password = rest.join(';')
  return { ident, password: password === absent || password === '' ? null : password, isChecked }
}
