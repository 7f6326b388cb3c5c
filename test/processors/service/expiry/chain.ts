// Certificates that end one after the other: what one shows of itself, and a bundle of authorities.

import { inWorkshop } from '../../../certificates.ts'

/** PEM texts of certificates that end after so many days: the root 30, the one between 5, the last 10. */
export interface Chain {
  readonly root: string
  readonly between: string
  readonly last: string
}

/** Each is signed by the one before. Takes some ten milliseconds, and openssl. */
export function makeChain(): Chain {
  return inWorkshop(({ request, read }) => {
    const make = (name: string, days: number, by?: string) => {
      const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`]
      const signer = by === undefined ? [] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`]
      request('-days', `${days}`, ...files, ...signer)
      return read(`${name}.pem`)
    }
    return { root: make('root', 30), between: make('between', 5, 'root'), last: make('last', 10, 'between') }
  })
}
