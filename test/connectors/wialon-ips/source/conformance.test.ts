// The Wialon IPS source against the contract of sources.

import test from 'ava'
import { wialonIpsSource } from '../../../../connectors/wialon-ips/index.ts'
import { sourceSuite } from '../../../conformance/source.ts'
import { WialonIpsOutside } from './outside.ts'

sourceSuite(test.serial, {
  name: 'wialon ips',
  definition: wialonIpsSource,
  open: async options => new WialonIpsOutside(options),
  lacks: {
    server: 'it listens, and connects to nobody',
    verbatim: 'a record is not JSON',
    'sets aside': 'a device is told what is wrong with its record, which is kept all the same'
  }
})
