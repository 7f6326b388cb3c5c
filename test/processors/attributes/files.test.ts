// Files that change while attributes are looked up: when they are read again, and what becomes of a mistake.

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { folderOf, follow, known } from './fixture.ts'

test('a changed file is taken, and who watches is told', async t => {
  const { folder, write } = folderOf(t, { 'devices.yaml': 'a: { plate: old }' })
  const { attributes, logged, logs } = await follow(t, { file: 'devices.yaml' }, folder)
  let changes = 0
  const unwatch = attributes.watch(() => changes++)
  t.deepEqual(known(attributes, 'a'), { plate: 'old' })
  write('devices.yaml', 'a: { plate: new }\nb: {}')
  await logs(1)
  t.deepEqual(known(attributes, 'a'), { plate: 'new' })
  t.is(attributes.size, 2)
  t.is(changes, 1)
  t.deepEqual(logged, [['attributes_changed', { source: join(folder, 'devices.yaml'), devices: 2 }]])
  unwatch()
  write('devices.yaml', '{}')
  await logs(2)
  t.is(attributes.of('a', 0), null)
  t.is(changes, 1)
})

test('a file that goes on changing is not taken before it stands still', async t => {
  const { folder, write } = folderOf(t, { 'devices.yaml': 'a: { n: 0 }' })
  const { attributes, logged, logs, pass } = await follow(t, { file: 'devices.yaml' }, folder)
  for (let n = 1; n <= 5; n++) {
    write('devices.yaml', `a: { n: ${n} }`)
    await pass(1)
    t.deepEqual(logged, [])
  }
  t.deepEqual(known(attributes, 'a'), { n: 0 })
  await logs(1)
  t.deepEqual(known(attributes, 'a'), { n: 5 })
})

test('a broken change is refused and told once, and what is mended is taken', async t => {
  const { folder, write } = folderOf(t, { 'devices.yaml': 'a: { n: 1 }' })
  const { attributes, logged, logs, pass } = await follow(t, { file: 'devices.yaml' }, folder)
  const source = join(folder, 'devices.yaml')
  let changes = 0
  attributes.watch(() => changes++)
  write('devices.yaml', 'a: { n: 2 }\nb: 5\nc: 6')
  await logs(1)
  await pass(5)
  const noDevice =
    'must be a mapping of attributes ("plate: CB 1234 AB" lines), or a list of such with validFrom'
  const reasons = [`${source}:2:4 b ${noDevice}`, `${source}:3:4 c ${noDevice}`]
  t.deepEqual(logged, [['attributes_invalid', { source, mistakes: 2, reasons }]])
  t.deepEqual(known(attributes, 'a'), { n: 1 })
  t.is(attributes.size, 1)
  t.is(changes, 0)
  write('devices.yaml', 'a: { n: 3 }')
  await logs(2)
  t.deepEqual(known(attributes, 'a'), { n: 3 })
  t.is(changes, 1)
})

test('a file that is gone keeps its devices, and is taken when it is back', async t => {
  const { folder, write } = folderOf(t, { 'devices.yaml': 'a: { n: 1 }' })
  const { attributes, logged, logs } = await follow(t, { file: 'devices.yaml' }, folder)
  rmSync(join(folder, 'devices.yaml'))
  await logs(1)
  t.regex(JSON.stringify(logged), /attributes_invalid.*there is no such file/)
  t.deepEqual(known(attributes, 'a'), { n: 1 })
  write('devices.yaml', 'a: { n: 2 }')
  await logs(2)
  t.deepEqual(known(attributes, 'a'), { n: 2 })
})

test('a very broken file fills no log', async t => {
  const { folder, write } = folderOf(t, { 'devices.yaml': '{}' })
  const { logged, logs } = await follow(t, { file: 'devices.yaml' }, folder)
  write('devices.yaml', Array.from({ length: 500 }, (_, n) => `${n}: 1\n`).join(''))
  await logs(1)
  t.is(logged[0]?.[1].mistakes, 500)
  t.like(logged[0]?.[1].reasons, { length: 20 })
})

test('files of a folder that come, go and are swapped are noticed', async t => {
  const { folder, write } = folderOf(t, { 'a.yaml': 'a: {}', 'b.json': '{"b": {}}' })
  const { attributes, logs } = await follow(t, { folder: '.' }, folder)
  const idents = () => ['a', 'b', 'c', 'd'].filter(ident => attributes.of(ident, 0) !== null).join('')
  t.is(idents(), 'ab')
  write('c.yml', 'c: {}')
  await logs(1)
  t.is(idents(), 'abc')
  rmSync(join(folder, 'b.json'))
  write('next', 'd: {}')
  renameSync(join(folder, 'next'), join(folder, 'a.yaml'))
  await logs(2)
  t.is(idents(), 'cd')
})

test('a mounted ConfigMap changes when its link does', async t => {
  const { folder } = folderOf(t, {})
  for (const version of ['1', '2']) {
    mkdirSync(join(folder, version))
    writeFileSync(join(folder, version, 'devices.yaml'), `a: { n: ${version} }`)
  }
  symlinkSync('1', join(folder, '..data'))
  symlinkSync('..data/devices.yaml', join(folder, 'devices.yaml'))
  const { attributes, logs } = await follow(t, { folder: '.' }, folder)
  t.deepEqual(known(attributes, 'a'), { n: 1 })
  symlinkSync('2', join(folder, '..next'))
  renameSync(join(folder, '..next'), join(folder, '..data'))
  await logs(1)
  t.deepEqual(known(attributes, 'a'), { n: 2 })
})

test('nothing is looked at after the close', async t => {
  const { folder, write } = folderOf(t, { 'devices.yaml': 'a: { n: 1 }' })
  const { attributes, clock, logged, pass } = await follow(t, { file: 'devices.yaml' }, folder)
  await pass(2)
  write('devices.yaml', 'a: { n: 2 }')
  await pass(1)
  await attributes.close()
  t.is(clock.waiting, 0)
  await pass(5)
  t.deepEqual(logged, [])
  t.deepEqual(known(attributes, 'a'), { n: 1 })
})
