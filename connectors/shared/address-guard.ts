// Which addresses a target may be connected to. A url is typed in by somebody, and the machine that connects reaches more
// than that person does: the credentials that a cloud hands out at its metadata address, the admin ports of neighbours.
// What counts is the address itself: a name is judged by what it resolves to in the moment of connecting, and the peer
// once more when the connection stands, so that a name that resolves differently the second time gains nothing.

import dns from 'node:dns'
import net from 'node:net'
import { FaultError } from '../../schemas/errors.ts'

type Subnet = readonly [network: string, prefix: number]

/** Metadata and link-local (RFC 3927, RFC 4291), multicast and reserved: nobody's platform is there. */
const never: readonly Subnet[] = [
  ['169.254.0.0', 16],
  ['100.100.100.200', 32], // metadata of Alibaba Cloud
  ['168.63.129.16', 32], // the host of an Azure machine
  ['192.0.0.192', 32], // metadata of Oracle Cloud
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['fd00:ec2::', 32], // metadata of AWS over IPv6
  ['fd20:ce::', 32], // metadata of Google Cloud over IPv6
  ['fe80::', 10],
  ['ff00::', 8]
]

/** This machine and private networks: RFC 6890 and the registries it names. */
const privately: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['2001::', 32], // Teredo: the IPv4 address inside is obscured
  ['fc00::', 7],
  ['fec0::', 10]
]

const neverList = listOf(never)
const privateList = listOf(privately)

export type Lookup = net.LookupFunction

export class AddressGuard {
  /** For net.connect(): resolves a name, and leaves out what must not be connected to. */
  readonly lookup: Lookup
  readonly #allowsPrivate: boolean

  /** `resolve` is what a name is looked up with. */
  constructor(allowsPrivate: boolean, resolve: Lookup = dns.lookup) {
    this.#allowsPrivate = allowsPrivate
    this.lookup = (hostname, options, callback) =>
      resolve(hostname, { ...options, all: true }, (error, found) => {
        if (error !== null) return callback(error, [])
        const addresses = Array.isArray(found) ? found : [{ address: found, family: net.isIP(found) }]
        const allowed = addresses.filter(({ address }) => this.#why(address) === null)
        const [first] = allowed
        if (first === undefined) callback(this.#fault(addresses[0]?.address ?? hostname), [])
        else if (options.all) callback(null, allowed)
        else callback(null, first.address, first.family)
      })
  }

  /** A FaultError `address_forbidden` for an address that must not be connected to; null for others, and for a name. */
  refusal(address: string): FaultError | null {
    return net.isIP(address) !== 0 && this.#why(address) !== null ? this.#fault(address) : null
  }

  #fault(address: string): FaultError {
    return new FaultError('address_forbidden', { detail: `${address} ${this.#why(address)}` })
  }

  #why(address: string): string | null {
    const [bare = ''] = address.split('%') // fe80::1%eth0 names an interface, too
    const family = net.isIPv6(bare) ? 'ipv6' : 'ipv4'
    if (neverList.check(bare, family)) return 'is a metadata, link-local or multicast address'
    if (!this.#allowsPrivate && privateList.check(bare, family)) return 'is in a private network'
    return null
  }
}

/** IPv4 networks are in it also in the forms in which IPv6 embeds them; mapped ones (::ffff:) Node knows by itself. */
function listOf(subnets: readonly Subnet[]): net.BlockList {
  const list = new net.BlockList()
  for (const [network, prefix] of subnets) {
    if (net.isIPv6(network)) list.addSubnet(network, prefix, 'ipv6')
    else {
      const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
      const [high, low] = [(a << 8) | b, (c << 8) | d].map(word => word.toString(16))
      list.addSubnet(network, prefix, 'ipv4')
      list.addSubnet(`64:ff9b::${high}:${low}`, 96 + prefix, 'ipv6') // NAT64, RFC 6052
      list.addSubnet(`2002:${high}:${low}::`, 16 + prefix, 'ipv6') // 6to4, RFC 3056
      if (network !== '0.0.0.0') list.addSubnet(`::${high}:${low}`, 96 + prefix, 'ipv6') // compatible, RFC 4291
    }
  }
  return list
}
