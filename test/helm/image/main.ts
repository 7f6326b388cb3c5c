// Runs the whole test suite on the Node of the container image: `npm run test:image-node`. Arguments are passed on to AVA, as
// with `npm test`. What the tests start by the name of `node`, npm among it, runs on that Node too.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { imageNodeFolder } from './base.ts'

const folder = await imageNodeFolder()
const suite = spawn(join(folder, 'node'), [packageRoot('dist/test/run.js'), ...process.argv.slice(2)], {
  env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  stdio: 'inherit'
})
// A Ctrl-C on the terminal reaches the suite by itself, which then ends what it has started.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => suite.kill('SIGTERM'))
const [code] = await once(suite, 'close')
process.exitCode = code ?? 1
