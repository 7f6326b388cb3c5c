// The runbooks can be followed: every command in them exists with the options that are quoted, every alert has its section, and
// every link leads somewhere.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { alertGroups, runbookOf } from '../../../schemas/alerts/alerts.ts'
import { startCommand } from '../../processors/commands/child.ts'
import { at, listAt, manifestsOf, podsOf, renderSet } from '../chart/render.ts'
import { problemsOf } from '../chart/strict.ts'

const folder = packageRoot('helm/runbooks')
const pages = readdirSync(folder)
  .filter(name => name.endsWith('.md'))
  .map(name => ({ name, text: readFileSync(join(folder, name), 'utf8') }))

/** The anchors that a page has, as GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  )
}

/** Commands in blocks and in the text, without what stands around them. */
function commandsIn(text: string): string[][] {
  const quoted = [...text.matchAll(/`(tailrace [^`\n]+)`/g)].map(([, command = '']) => command)
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block.trim().split('\n')
  )
  return [...quoted, ...blocks].flatMap(line => {
    const [, command] = /(?:^| -- )tailrace (.+)$/.exec(line) ?? []
    return command === undefined ? [] : [command.split(' ')]
  })
}

/** All of them, each with the page that quotes it. */
const commands = pages.flatMap(({ name, text }) => commandsIn(text).map(words => ({ name, words })))

/** The words that name the command: `dead-letters list`, `offsets`. */
function commandOf(words: readonly string[]): string[] {
  return words.slice(0, words[0] === 'dead-letters' || words[0] === 'receipts' ? 2 : 1)
}

test('every command of a runbook exists, takes as many arguments and has the options that are quoted', async t => {
  t.true(commands.length > 20)
  const helps = new Map<string, string>()
  for (const { name, words } of commands) {
    const command = commandOf(words)
    const key = command.join(' ')
    const help = helps.get(key) ?? (await helpOf(command))
    helps.set(key, help)
    const where = `${name}: tailrace ${words.join(' ')}`
    t.true(help.startsWith(`Usage: tailrace ${key} `), where)
    const options = words.filter(word => word.startsWith('--'))
    for (const option of options) t.regex(help, new RegExp(`^ +(?:-\\w, )?${option}\\b`, 'm'), where)
    const most = (/^Usage: .*$/m.exec(help)?.[0].match(/<[^>]+>|\[(?!options)[^\]]+\]/g) ?? []).length
    const given = argumentsIn(words.slice(command.length), help)
    t.true(given <= most, `${where} takes ${most} arguments`)
  }

  async function helpOf(command: readonly string[]): Promise<string> {
    const child = startCommand(t, [...command, '--help'])
    const lines: string[] = []
    for (;;) {
      const line = await child.line().catch(() => null)
      if (line === null) return lines.join('\n')
      lines.push(line)
    }
  }
})

/** Words that belong to no option. */
function argumentsIn(words: readonly string[], help: string): number {
  const takesValue = (word: string) => new RegExp(`^ +(?:-\\w, )?${word} <`, 'm').test(help)
  return words.filter((word, at) => {
    const before = words[at - 1] ?? ''
    return !word.startsWith('--') && !(before.startsWith('--') && takesValue(before))
  }).length
}

test('the pod to move offsets from is one that an API server takes, with what the pods of the chart have', async t => {
  const text = pages.find(({ name }) => name === 'offsets.md')?.text ?? ''
  const pod = parse(/^```yaml\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '')
  t.deepEqual(problemsOf(pod), [])
  const chartPod = podsOf(manifestsOf(await renderSet('minimal')))[0]?.spec
  const mountsOf = (spec: unknown) => at(listAt(spec, 'containers')[0], 'volumeMounts')
  t.deepEqual(mountsOf(pod.spec), mountsOf(chartPod))
  t.deepEqual(pod.spec.securityContext, at(chartPod, 'securityContext'))
  t.deepEqual(pod.spec.volumes[1], listAt(chartPod, 'volumes')[1])
})

test('every alert has its section', t => {
  for (const alert of Object.values(alertGroups).flatMap(group => Object.keys(group))) {
    const [path = '', anchor = ''] = runbookOf(alert).split('#')
    const text = readFileSync(packageRoot(path), 'utf8')
    t.true(anchorsOf(text).includes(anchor), alert)
  }
})

test('no section is of an alert that does not exist', t => {
  const alerts = Object.values(alertGroups).flatMap(group => Object.keys(group))
  const text = readFileSync(join(folder, 'alerts.md'), 'utf8')
  const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
  t.deepEqual([...sections].sort(), [...alerts].sort())
})

test('every link of a runbook leads to a file, and to a heading of it', t => {
  for (const { name, text } of [
    ...pages,
    {
      name: '../../schemas/generated/alerts.md',
      text: readFileSync(packageRoot('schemas/generated/alerts.md'), 'utf8')
    }
  ])
    for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(folder, name) : join(dirname(join(folder, name)), path)
      t.true(existsSync(target), `${name}: ${link}`)
      if (anchor !== undefined && existsSync(target))
        t.true(anchorsOf(readFileSync(target, 'utf8')).includes(anchor), `${name}: ${link}`)
    }
})

test('every page is in the index, and says what of it was tried and when', t => {
  const index = pages.find(({ name }) => name === 'README.md')?.text ?? ''
  for (const { name, text } of pages) {
    if (name === 'README.md') continue
    t.true(index.includes(`](${name})`), name)
    if (name !== 'alerts.md') t.regex(text, /## Tried\n\n20\d\d-\d\d-\d\d, [\s\S]*Not tried: /, name)
  }
})

test('the section of every alert ends with how one sees that it is over', t => {
  const [, ...sections] = readFileSync(packageRoot('helm/runbooks/alerts.md'), 'utf8').split('\n## ')
  const endless = sections.filter(section => !/\bOver\s[^.]+\.\s*$/.test(section.replaceAll(/`[^`]*`/g, '')))
  t.deepEqual(
    endless.map(section => section.split('\n')[0]),
    []
  )
})
