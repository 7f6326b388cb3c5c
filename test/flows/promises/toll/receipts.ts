// What the receipts of a day say, by the commands that people use: the chain is whole, everything that was decided has its
// receipt, and one byte that was changed is found.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import type { Instance } from '../../harness/instance.ts'
import { unless } from '../promise.ts'
import type { Tolled } from './story.ts'

const maxBuffer = 1_000_000_000

/** What a command says of the stream while nobody runs it. */
export async function toldBy({ configFile }: Instance, ...args: readonly string[]): Promise<string> {
  return output(...args, '--config', configFile)
}

export interface JudgedReceipts {
  readonly count: number
  readonly complaints: readonly string[]
}

/** `folder` is where a copy of them may lie for a while. */
export async function judgeReceipts(
  last: Instance,
  { office }: Tolled,
  folder: string
): Promise<JudgedReceipts> {
  const verified = JSON.parse(await toldBy(last, 'receipts', 'verify', 'toll', '--json'))
  const count: number = verified.partitions.reduce(
    (sum: number, { receipts }: { readonly receipts: number }) => sum + receipts,
    0
  )
  const exported = await toldBy(last, 'receipts', 'export', 'toll')
  const [delivered, refused] = [named(exported, 'delivered'), named(exported, 'refused')]
  const [whole, flipped] = [join(folder, 'receipts.jsonl'), join(folder, 'flipped.jsonl')]
  await writeFile(whole, exported)
  await writeFile(flipped, withFlippedByte(await readFile(whole)))
  return {
    count,
    complaints: unless(
      [verified.isWhole === true, 'the receipts are not whole'],
      [
        delivered === office.count('accepted') && refused === office.count('refused'),
        `there are receipts for ${delivered} positions that were accepted and ${refused} that were refused`
      ],
      [await passes(whole), 'the receipts that were exported are not whole'],
      [!(await passes(flipped)), 'a byte that was changed in the receipts was not found']
    )
  }
}

/** How many positions receipts of a kind name: a repeat after a crash may have two. */
function named(exported: string, kind: 'delivered' | 'refused'): number {
  const receipts = exported.split('\n').map(line => JSON.parse(line).receipt)
  const ofKind = receipts.filter(receipt => receipt.kind === kind && receipt.number !== null)
  return new Set(ofKind.map(({ device, number }) => `${device} ${number}`)).size
}

const name = '"device":"'

/** One digit of the name of a device in the middle is another one. */
function withFlippedByte(lines: Buffer): Buffer {
  const at = lines.indexOf(name, Math.floor(lines.length / 2))
  if (at < 0) throw new Error('no receipt names a device')
  const changed = Buffer.from(lines)
  changed[at + name.length] = (changed[at + name.length] ?? 0) ^ 1
  return changed
}

async function passes(file: string): Promise<boolean> {
  return output('receipts', 'verify', '--file', file).then(
    () => true,
    () => false
  )
}

async function output(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [packageRoot('dist/processors/main.js'), ...args],
    { maxBuffer }
  )
  return stdout.trim()
}
