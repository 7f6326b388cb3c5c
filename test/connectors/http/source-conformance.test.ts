// The HTTP source against the contract of sources: whole requests of JSON, and lines that are stored while they arrive.

import test from 'ava'
import { httpSource } from '../../../connectors/http/index.ts'
import { authority, certificates } from '../../conformance/fleet.ts'
import { sourceSuite } from '../../conformance/source.ts'
import { Http2Outside } from './source/sending/http2.ts'
import { HttpOutside } from './source/sending/outside.ts'

const lacks = {
  server: 'it listens, and connects to nobody',
  'sets aside': 'what is no message is refused, with the reason',
  'half-close':
    'Node takes a connection of which one half is closed for one that is gone, and the sender repeats'
}

sourceSuite(test.serial, {
  name: 'http',
  definition: httpSource,
  open: async options => new HttpOutside(options, { body: 'json' }),
  lacks
})

sourceSuite(test.serial, {
  name: 'http lines',
  definition: httpSource,
  open: async options => new HttpOutside(options, { body: 'lines' }),
  lacks
})

sourceSuite(test.serial, {
  name: 'http over TLS',
  definition: httpSource,
  open: async options => new HttpOutside(options, { body: 'json', ca: authority }),
  listen: { tls: certificates },
  lacks
})

sourceSuite(test.serial, {
  name: 'http/2',
  definition: httpSource,
  open: async options => new Http2Outside(options, authority),
  listen: { tls: certificates },
  lacks
})
