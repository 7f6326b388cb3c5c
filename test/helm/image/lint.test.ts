import { readFileSync } from 'node:fs'
import test from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { hadolintFolder, lint } from './hadolint.ts'

const dockerfile = readFileSync(packageRoot('helm/Dockerfile'), 'utf8')

let folder = ''
test.before('hadolint is there', async () => {
  folder = await hadolintFolder()
})

test('hadolint finds nothing to complain of in the Dockerfile', async t => {
  t.deepEqual(await lint(folder, dockerfile), { code: 0, rules: [] })
})

/** What would be wrong with it, and the rule that says so. */
const spoilt: readonly { what: string; from: string | RegExp; to: string; rule: string }[] = [
  { what: 'a base image without a version', from: /\$\{NODE_IMAGE\}/g, to: 'node', rule: 'DL3006' },
  { what: 'a process that runs as root', from: /^USER .*$/m, to: 'USER root', rule: 'DL3002' },
  { what: 'a shell before the process', from: /^CMD .*$/m, to: 'CMD run /etc/tailrace', rule: 'DL3025' },
  {
    what: 'packages of floating versions',
    from: 'RUN npm ci --ignore',
    to: 'RUN apt-get install curl\nRUN npm ci --ignore',
    rule: 'DL3008'
  },
  {
    what: 'a command whose words a shell would split',
    from: /"(\$\(npm pack.*\))"/,
    to: '$1',
    rule: 'SC2046'
  },
  { what: 'files of a stage that does not exist', from: '--from=build', to: '--from=bild', rule: 'DL3022' },
  { what: 'a label that is missing', from: 'image.licenses', to: 'image.licences', rule: 'DL3049' }
]

for (const { what, from, to, rule } of spoilt) {
  test(`hadolint would find ${what}`, async t => {
    const { code, rules } = await lint(folder, dockerfile.replace(from, to))
    t.is(code, 1)
    t.true(rules.includes(rule), rules.join(' '))
  })
}
