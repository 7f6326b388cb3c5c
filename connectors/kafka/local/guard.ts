// Makes sure that brokers never outlive the process that started them. A small shell waits at the other end of a
// pipe: when our process ends, in whatever way (kill -9 included), the pipe closes, and the shell kills what was
// still running and removes the temporary directory. An orderly stop ends the same way, with nothing left to kill.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Every line read is the whole list of living processes, so that a process id used anew is never hit.
 * A dying process may still create files, hence the second try at removing.
 */
const script = `
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
[ -z "$1" ] || rm -rf -- "$1" 2>/dev/null || { sleep 1; rm -rf -- "$1"; }
`

export class Guard {
  readonly #shell: ChildProcess
  readonly #living = new Set<number>()

  /** `removeDir` is removed at the end; none if undefined. */
  constructor(removeDir: string | undefined) {
    // Detached: a Ctrl-C on the terminal goes to the whole foreground group, and must not reach the guard.
    this.#shell = spawn('sh', ['-c', script, 'tailrace-guard', removeDir ?? ''], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true
    })
    this.#shell.stdin?.on('error', () => {}) // The shell is gone; then there is nobody left to tell.
  }

  /** Takes a process id, or that of a process group as a negative number. */
  watch(pid: number): void {
    this.#living.add(pid)
    this.#tell()
  }

  forget(pid: number): void {
    this.#living.delete(pid)
    this.#tell()
  }

  /** Kills what is still watched, removes the directory, and resolves when that is done. */
  async close(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return
    this.#shell.stdin?.end()
    await once(this.#shell, 'exit')
  }

  #tell(): void {
    this.#shell.stdin?.write(`${[...this.#living].join(' ')}\n`)
  }
}
