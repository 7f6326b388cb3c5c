// The whole engine over the in-memory log in virtual time, against plans drawn at random. A failing plan prints what
// replays it: TAILRACE_SEED, TAILRACE_PATH and TAILRACE_RUNS do (CONTRIBUTING.md).

import { fc } from '@fast-check/ava'
import test from 'ava'
import { checkTheme, replayHint } from './check.ts'
import { themes } from './themes.ts'

for (const theme of themes) {
  test.serial(theme.sentence, async t => {
    t.timeout(300_000)
    const details = await checkTheme(theme, process.env)
    if (details.failed) t.fail(`${fc.defaultReportMessage(details)}\n${replayHint(theme, details)}`)
    else t.pass()
  })
}
