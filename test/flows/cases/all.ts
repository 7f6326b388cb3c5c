// All cases of the flows, by their letters.

import { bothKilled, kafkaKilled, leaderKilled } from './brokers.ts'
import type { FlowCase } from './case.ts'
import { targetHangs } from './hang.ts'
import { memberKilled, membersJoinAndLeave, rollingRestart, startedTogether } from './members.ts'
import { processKilled, processRestarted, receiverDown } from './outages.ts'

export const cases: readonly FlowCase[] = [
  receiverDown,
  processKilled,
  processRestarted,
  kafkaKilled,
  membersJoinAndLeave,
  leaderKilled,
  startedTogether,
  memberKilled,
  bothKilled,
  targetHangs,
  rollingRestart
]
