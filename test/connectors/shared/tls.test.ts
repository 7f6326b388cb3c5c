// TLS settings made ready: what cannot be used is told with its field.

import test from 'ava'
import { secureContext } from '../../../connectors/shared/tls.ts'
import { makeCertificates } from '../../certificates.ts'

const { ca, cert, key } = makeCertificates()

test('a certificate and its key can be used together, and an authority by itself', t => {
  t.notThrows(() => secureContext({ cert, key }))
  t.notThrows(() => secureContext({ ca }))
  t.notThrows(() => secureContext({}))
})

for (const [settings, path, detail] of [
  [{ cert }, 'tls.key', 'is missing: needed beside tls.cert'],
  [{ ca, key }, 'tls.cert', 'is missing: needed beside tls.key'],
  [
    { cert: 'none', key },
    'tls.cert',
    'must be the PEM text of a certificate ("-----BEGIN ..."), got something else'
  ]
] as const)
  test(`of ${Object.keys(settings).join(' and ')} it is told that ${path} ${detail}`, t => {
    t.like(
      t.throws(() => secureContext(settings)),
      { code: 'config_invalid', path, detail }
    )
  })
