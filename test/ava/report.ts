// Counts what AVA reports, line by line. It reads AVA's default report, not TAP: AVA 7.0.0's TAP reporter throws at a
// time-out and at process.exit(), and the name of the test that hung is then lost. Everything that is wrong counts as
// a failure, also what AVA keeps apart from failed tests: crashes, hooks, exceptions outside of tests, time-outs.

import { stripVTControlCharacters } from 'node:util'

/** `  ✔ title`. A test that is expected to fail and does so counts as passed, as it does for AVA. */
const passLine = /^ {2}✔ /

/** A failed test, hook or file; a test that was pending at a time-out; an exception or rejection outside of tests. */
const failLine = /^ {2}(✘ |◌ |Uncaught exception in |Unhandled rejection in )/

/** Announces the pending tests, which follow one to a line and are counted there. */
const pendingFollowLine = /^ {2}✘ (Timed out |Exiting due to SIGINT)/

export class AvaReport {
  #passed = 0
  #failed = 0

  read(line: string): void {
    const plain = stripVTControlCharacters(line)
    if (passLine.test(plain)) this.#passed++
    else if (failLine.test(plain) && !pendingFollowLine.test(plain)) this.#failed++
  }

  /** The totals once AVA has ended. An exit code other than 0, and a run without any test, are failures too. */
  end(exitCode: number | null): { passed: number; failed: number } {
    const sound = exitCode === 0 && this.#passed > 0
    return { passed: this.#passed, failed: sound ? this.#failed : Math.max(this.#failed, 1) }
  }
}
