// Every page of presets, of whichever connector: its list names it, and what a user makes of it passes `tailrace check`.

import { readFileSync } from 'node:fs'
import test from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { folder, outputOf } from '../../processors/commands/shared/output.ts'
import { lists, pages, userConfig } from './pages.ts'

test('the lists of the connectors name every page, and so does the list of all', t => {
  const all = readFileSync(packageRoot('connectors/README.md'), 'utf8')
  t.true(pages.length > 0)
  for (const { name } of pages) {
    const [connector = '', file = ''] = name.split('/')
    t.true(lists.get(connector)?.includes(`(${file})`), name)
    t.true(all.includes(`(${connector}/presets/${file})`), name)
  }
})

test('every page says what to do there and here, and how to see it work', t => {
  for (const { name, text } of pages)
    for (const part of ['There', 'Here', 'See it work']) t.true(text.includes(`\n**${part}.**`), name)
})

for (const page of pages) {
  test(`${page.name}: its lines pass tailrace check`, async t => {
    const { files, env } = userConfig(page)
    const { code, stdout, stderr } = await outputOf(['check', 'tailrace.yaml'], folder(t, files), env)
    t.is(stderr, '')
    t.is(stdout, 'ok: 1 channel, 1 stream\n')
    t.is(code, 0)
  })
}

test('a mistake in the lines of a page is found', async t => {
  const [page] = pages
  if (page === undefined) throw new Error('there is no page')
  const { files, env } = userConfig({ ...page, text: page.text.replace('target:', 'targt:') })
  t.is((await outputOf(['check', 'tailrace.yaml'], folder(t, files), env)).code, 2)
})
