import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readDockerfile } from './dockerfile.ts'
import { runStages } from './stages.ts'

const files = {
  'README.md': 'read me',
  'secret.txt': 'not for everybody',
  'source/a.txt': 'a',
  'source/inner/b.txt': 'b',
  'source/inner/c.log': 'c'
}

/** Runs the stages of a Dockerfile on a context of these files; resolves with the root of the last stage. */
function build(t: ExecutionContext, dockerfile: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-stages-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const context = join(folder, 'context')
  mkdirSync(join(context, 'source/inner'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(context, name), text)
  const ignored = '*\n!README.md\n!source\n**/*.log\n'
  const stages = readDockerfile(dockerfile)
  return runStages({ stages, context, ignored, node: process.execPath, folder })
}

const contents = (root: string, path: string) => readFileSync(join(root, path), 'utf8')

test('COPY, RUN and COPY --from do in folders what they do in an image', async t => {
  const root = await build(
    t,
    `ARG TAG=1
    FROM base:\${TAG} AS first
    ARG WORD=hello
    WORKDIR /first
    COPY README.md ./
    COPY source/ ./copied/
    COPY README.md renamed
    ENV NAME="\${WORD} you"
    RUN echo "$NAME" > said \\
      && node --version > version
    FROM base:1
    WORKDIR /app
    COPY --from=first /first/ ./
    COPY --from=first /first/said /first/version ./more/`
  )
  t.deepEqual(readdirSync(join(root, 'app')).sort(), [
    'README.md',
    'copied',
    'more',
    'renamed',
    'said',
    'version'
  ])
  t.is(contents(root, 'app/renamed'), files['README.md'])
  t.is(contents(root, 'app/copied/inner/b.txt'), 'b')
  t.false(existsSync(join(root, 'app/copied/inner/c.log')), 'what the .dockerignore leaves out is not copied')
  t.is(contents(root, 'app/more/said'), 'hello you\n')
  t.is(contents(root, 'app/version'), `${process.version}\n`)
})

const from = 'FROM base:1\n'
const failing: readonly { title: string; dockerfile: string; message: RegExp }[] = [
  {
    title: 'a command that fails ends the build, with what it said',
    dockerfile: `${from}RUN echo alas >&2 && false`,
    message: /alas/
  },
  {
    title: 'a file that the .dockerignore leaves out cannot be copied',
    dockerfile: `${from}COPY secret.txt ./`,
    message: /secret\.txt.*leaves it out/
  },
  {
    title: 'a file that does not exist cannot be copied',
    dockerfile: `${from}COPY README ./`,
    message: /README/
  },
  {
    title: 'a stage that does not exist cannot be copied from',
    dockerfile: `${from}COPY --from=nobody a ./`,
    message: /no such stage/
  },
  {
    title: 'a command that names a path outside of its folder is refused',
    dockerfile: `${from}RUN cat /etc/hostname`,
    message: /absolute path/
  },
  {
    title: 'several files into what is no folder are refused',
    dockerfile: `${from}COPY README.md source/a.txt here`,
    message: /must end with/
  },
  {
    title: 'a stage upon another is refused',
    dockerfile: `FROM base:1 AS one\nFROM one`,
    message: /a stage upon another/
  }
]

for (const { title, dockerfile, message } of failing)
  test(title, async t => {
    await t.throwsAsync(build(t, dockerfile), { message })
  })

const unknown: readonly { what: string; line: string }[] = [
  { what: 'ADD', line: 'ADD a ./' },
  { what: 'VOLUME', line: 'VOLUME /data' },
  { what: 'an option of COPY', line: 'COPY --chmod=755 README.md ./' },
  { what: 'COPY with wildcards', line: 'COPY *.md ./' },
  { what: 'an option of RUN', line: 'RUN --mount=type=cache,target=/root/.npm npm ci' },
  { what: 'RUN over lines that are not joined', line: 'RUN <<END\necho\nEND' },
  { what: 'an ENTRYPOINT with a shell', line: 'ENTRYPOINT node main.js' },
  { what: 'a relative WORKDIR', line: 'WORKDIR app' },
  { what: 'a variable that was never set', line: 'ENV A=$B' }
]

for (const { what, line } of unknown)
  test(`${what} is not passed over in silence`, t => {
    t.throws(() => readDockerfile(`${from}${line}`), { message: /^line 2: / })
  })
