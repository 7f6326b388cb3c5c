// Imported into a process that is to be seen with an event loop that does not turn: SIGUSR2 blocks it until the file that
// TAILRACE_BLOCKED_WHILE names is gone.

import { existsSync } from 'node:fs'

const file = process.env.TAILRACE_BLOCKED_WHILE ?? ''
const nothing = new Int32Array(new SharedArrayBuffer(4))

process.on('SIGUSR2', () => {
  while (existsSync(file)) Atomics.wait(nothing, 0, 0, 20)
})
