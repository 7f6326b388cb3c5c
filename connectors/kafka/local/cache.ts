// What is downloaded once per user and kept: a folder or file in the cache directory for each thing, with its version in its name.

import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Where it is kept unless somebody says otherwise. */
export function defaultCacheDir(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tailrace')
}

/**
 * The folder or file `path`, which `fill` obtains first if need be: it is handed an empty folder, and resolves with what of it
 * is to be kept. Safe when several processes do it at once: each obtains for itself, and the first to finish is kept.
 */
export async function obtainOnce(path: string, fill: (work: string) => Promise<string>): Promise<string> {
  if (await exists(path)) return path
  const dir = dirname(path)
  await mkdir(dir, { recursive: true })
  const work = await mkdtemp(join(dir, 'downloading-'))
  try {
    await rename(await fill(work), path).catch(async error => {
      if (!(await exists(path))) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return path
}

/** Whether there is something at a path. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
