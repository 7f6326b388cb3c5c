// Mistakes in the configuration of an HTTP source, as its user is told of them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { registry } from '../../../../connectors/registry.ts'
import { readConfig } from '../../../../processors/service/config/load.ts'
import { formatProblem } from '../../../../processors/service/config/problem.ts'
import { FileSet } from '../../../../processors/service/config/reading/file-set.ts'

const hash = 'ab'.repeat(32)
const at = 'channels.fleet.sources[0].http'

const table: [written: string, told: string][] = [
  [
    'jwt: { issuer: a, keys: "{}" }',
    `${at}.jwt.keys must be the text of a JSON Web Key Set, {"keys": [...]}, got "{}"`
  ],
  [
    'jwt: { keys: \'{"keys":[{"kty":"EC"}]}\' }',
    `${at}.jwt.issuer is missing: it must be text that is not empty`
  ],
  [
    'senders: { acme: { tokenSha256: secret } }',
    `${at}.senders.acme.tokenSha256 must be 64 hexadecimal digits, as sha256sum prints them, got "secret"`
  ],
  [
    `senders: { acme: { tokenSha256: ${hash}, messagesPerSecond: 0 } }`,
    `${at}.senders.acme.messagesPerSecond must be a number above 0, got the number 0`
  ],
  [
    'webhookSignature: { secrets: [secret] }',
    `${at}.webhookSignature.secrets[0] must be whsec_ and 16 to 64 bytes in base64, got a text that is not shown, as it may be secret`
  ],
  [
    'format: tracar',
    `${at}.format must be one of messages, traccar, osmand, got "tracar", did you mean "traccar"?`
  ]
]

for (const [written, told] of table) {
  test(`told with its place: ${written}`, t => {
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-source-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'a.yaml')
    writeFileSync(
      path,
      `kafka: { brokers: ["h:1"] }\nchannels:\n  fleet: { sources: [{ http: { ${written} } }] }\n`
    )
    const loaded = readConfig(path, { registry, env: {}, files: new FileSet() })
    if (loaded.kind === 'valid') return t.fail()
    const [line = '', ...others] = loaded.problems.map(formatProblem)
    t.deepEqual(others, [])
    t.is(line.replace(/^\S+ /, ''), told)
  })
}
