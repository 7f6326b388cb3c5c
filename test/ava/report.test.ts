import test from 'ava'
import { AvaReport } from './report.ts'

/** Reports as AVA 7.0.0 prints them to a pipe. */
const reports = [
  {
    title: 'passed and failed tests are counted, skipped ones and logs are not',
    lines: [
      '  - [skip] a › not now',
      '  ✔ a › works',
      '    ℹ hello',
      '  ✘ [fail]: a › breaks Error thrown in test'
    ],
    exitCode: 1,
    totals: { passed: 1, failed: 1 }
  },
  {
    title: 'colours do not matter',
    lines: ['  \u001B[32m✔\u001B[39m a › works \u001B[90m(1.2s)\u001B[39m'],
    exitCode: 0,
    totals: { passed: 1, failed: 0 }
  },
  {
    title: 'every test that was pending at a time-out is a failure',
    lines: ['  ✔ a › works', '  ✘ Timed out while running tests', '', '  ◌ c › hangs', '  ◌ c › hangs too'],
    exitCode: 1,
    totals: { passed: 1, failed: 2 }
  },
  {
    title: 'every test that was pending at an interruption is a failure',
    lines: ['  ✔ a › works', '', '  ✘ Exiting due to SIGINT', '', '  ◌ c › hangs'],
    exitCode: 1,
    totals: { passed: 1, failed: 1 }
  },
  {
    title: 'an exception outside of tests is a failure',
    lines: ['  ✔ a › works', '  Uncaught exception in dist/test/b.test.js', '  Error: late'],
    exitCode: 1,
    totals: { passed: 1, failed: 1 }
  },
  {
    title: 'a bad exit without any sign in the report is a failure',
    lines: ['  ✔ a › works'],
    exitCode: null,
    totals: { passed: 1, failed: 1 }
  },
  {
    title: 'a run without tests is a failure',
    lines: ['  ✘ Couldn’t find any files to test'],
    exitCode: 0,
    totals: { passed: 0, failed: 1 }
  }
]

for (const { title, lines, exitCode, totals } of reports) {
  test(title, t => {
    const report = new AvaReport()
    for (const line of lines) report.read(line)
    t.deepEqual(report.end(exitCode), totals)
  })
}
