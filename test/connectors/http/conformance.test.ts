// The HTTP target against the contract of targets: its double takes the orders of the suite as replies.

import test from 'ava'
import { httpTarget } from '../../../connectors/http/index.ts'
import { makeCertificates } from '../../certificates.ts'
import { targetSuite, type Wish } from '../../conformance/target.ts'
import { settings, start, underTest } from './under-test.ts'

targetSuite(test.serial, underTest)

// Always over TLS, of which the suite's own behaviours are seen above.
const own = makeCertificates()
const overTls = (wish: Wish) => settings({ ...wish, tls: { ca: own.ca } })
// The handshake is a greeting: who does not answer it properly is found before a message is sent.
const ofItsOwn = { tls: 'it has certificates of its own, made for this run' }

targetSuite(test.serial, {
  ...{ name: 'http over TLS', definition: httpTarget, settings: overTls, lacks: ofItsOwn },
  start: ({ credential }) => start({ credential, tls: own })
})

targetSuite(test.serial, {
  ...{ name: 'http over mutual TLS', definition: httpTarget, lacks: ofItsOwn },
  start: ({ credential }) =>
    start({ credential, tls: { ...own, requestCert: true, rejectUnauthorized: true } }),
  settings: wish => settings({ ...wish, tls: own })
})

targetSuite(test.serial, {
  ...{ name: 'http/2', definition: httpTarget, lacks: ofItsOwn },
  start: ({ credential }) => start({ credential, tls: own, http2: true }),
  settings: wish => ({ ...overTls(wish), http2: true })
})
