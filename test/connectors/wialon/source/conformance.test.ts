// The Wialon source against the contract of sources.

import test from 'ava'
import { wialonSource } from '../../../../connectors/wialon/index.ts'
import { sourceSuite } from '../../../conformance/source.ts'
import { WialonOutside } from './outside.ts'

sourceSuite(test.serial, {
  name: 'wialon',
  definition: wialonSource,
  open: async options => new WialonOutside(options),
  lacks: {
    server: 'it listens, and connects to nobody',
    credentials: 'the protocol has no login',
    verbatim: 'a packet is binary and not JSON'
  }
})
