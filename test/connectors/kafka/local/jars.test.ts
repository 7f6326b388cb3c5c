import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { kafkaJars } from '../../../../connectors/kafka/local/jars.ts'
import { majorOf, requireJava } from '../../../../connectors/kafka/local/java.ts'
import { FaultError } from '../../../../schemas/errors.ts'

// PATH is one for the process, so these tests run one after another, each with a PATH of its own making.
const path = process.env.PATH
const made: string[] = []
test.afterEach.always(async () => {
  process.env.PATH = path
  await Promise.all(made.splice(0).map(dir => rm(dir, { recursive: true })))
})

async function newDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tailrace-jars-test-'))
  made.push(dir)
  return dir
}

/** Makes PATH hold these shell scripts and nothing else. */
async function usePath(scripts: Record<string, string>): Promise<void> {
  const dir = await newDir()
  await symlink('/bin/mkdir', join(dir, 'mkdir'))
  for (const [name, body] of Object.entries(scripts)) {
    await writeFile(join(dir, name), `#!/bin/sh\n${body}\n`)
    await chmod(join(dir, name), 0o755)
  }
  process.env.PATH = dir
}

/** A Maven that "downloads" one jar. The last argument is -DoutputDirectory=DIR. */
const mvn = 'for last; do :; done; dir=${last#*=}; mkdir -p "$dir"; echo jar > "$dir/kafka.jar"'

test.serial('Java that is missing or too old is one fault that names the ways out', async t => {
  await usePath({})
  const missing = await t.throwsAsync(requireJava(), { instanceOf: FaultError })
  t.is(missing?.code, 'java_missing')
  t.is(missing?.spec.exitCode, 3)
  t.regex(String(missing?.spec.hint), /apt-get install.*docker run.*apache\/kafka:4\.3\.1.*KAFKA_BROKERS/s)
  await usePath({ java: `echo 'openjdk version "11.0.2" 2019-01-15' >&2` })
  await t.throwsAsync(requireJava(), { instanceOf: FaultError, message: /found openjdk version "11\.0\.2"/ })
})

test.serial('Maven that is missing is a fault of its own', async t => {
  await usePath({})
  const cacheDir = await newDir()
  const fault = await t.throwsAsync(kafkaJars({ cacheDir, progress: () => {} }), { instanceOf: FaultError })
  t.is(fault?.code, 'maven_missing')
  t.deepEqual(await readdir(cacheDir), [])
})

test.serial('two downloads at once leave one directory of jars, which the next start uses', async t => {
  await usePath({ mvn })
  const cacheDir = await newDir()
  const said: string[] = []
  const get = () => kafkaJars({ cacheDir, progress: line => said.push(line) })
  const [first, second] = await Promise.all([get(), get()])
  t.is(first, second)
  t.is(said.length, 2)
  t.deepEqual(await readdir(cacheDir), ['kafka-4.3.1'])
  t.deepEqual(await readdir(first), ['kafka.jar'])
  await usePath({})
  t.is(await get(), first)
})

test.serial('a download that fails shows what Maven said and leaves nothing half done', async t => {
  await usePath({ mvn: 'echo "[ERROR] no route to the repository"; exit 1' })
  const cacheDir = await newDir()
  await t.throwsAsync(kafkaJars({ cacheDir, progress: () => {} }), { message: /no route to the repository/ })
  t.deepEqual(await readdir(cacheDir), [])
})

test('the major version is read from every form that Java prints', t => {
  t.is(majorOf('openjdk version "17.0.15" 2025-04-15'), 17)
  t.is(majorOf('openjdk version "25" 2025-09-16'), 25)
  t.is(majorOf('java version "1.8.0_402"'), 8)
  t.is(majorOf('no such thing'), undefined)
})
