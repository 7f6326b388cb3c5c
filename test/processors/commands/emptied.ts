// Waiting for a directory to be empty: what a command left there may be removed a moment after its end.

import { watch } from 'node:fs'
import { readdir } from 'node:fs/promises'

/** Resolves once nothing is left in the directory. */
export function emptied(dir: string): Promise<void> {
  return new Promise(resolve => {
    const changes = watch(dir)
    const look = async () => {
      if ((await readdir(dir)).length > 0) return
      changes.close()
      resolve()
    }
    changes.on('change', look)
    void look()
  })
}
