// `npm run bench -- NAME [--json]`: runs one benchmark and prints its rows as a table or as one JSON object.

import { type Bench, benches } from './bench.ts'
import { table } from './table.ts'

const [name = '', ...flags] = process.argv.slice(2)
const load = benches[name]

if (load === undefined) {
  const summaries = await Promise.all(
    Object.entries(benches).map(async ([known, open]) => `  ${known.padEnd(10)} ${(await open()).summary}`)
  )
  process.stderr.write(`Usage: npm run bench -- NAME [--json]\n\n${summaries.join('\n')}\n`)
  process.exitCode = name === '--help' ? 0 : 2
} else {
  await run(await load())
}

async function run(bench: Bench): Promise<void> {
  const rows = await bench.run({ progress: line => process.stderr.write(`${line}\n`) })
  const text = flags.includes('--json') ? JSON.stringify({ bench: name, rows }) : table(rows)
  process.stdout.write(`${text}\n`)
}
