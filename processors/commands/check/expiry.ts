// Warns of certificates and tokens of a configuration that have expired, or will before long. It is no mistake in the
// configuration: what is in it may be renewed where it comes from, and only the other side can say what it still takes.

import type { ValidConfig } from '../../service/config/load.ts'
import { type Problem, pointerOf } from '../../service/config/problem.ts'
import { expiriesIn } from '../../service/expiry/find.ts'
import { isNear } from '../../service/expiry/validity.ts'
import { ageText } from '../terminal/values.ts'

/** In the order in which they expire. */
export function expiryWarnings({ config, problemAt }: ValidConfig, nowMs: number): Problem[] {
  const near = expiriesIn(config).filter(expiry => isNear(expiry, nowMs))
  return near.flatMap(({ path, kind, endMs }) => {
    const when =
      endMs <= nowMs ? `expired ${ageText(nowMs - endMs)} ago` : `expires in ${ageText(endMs - nowMs)}`
    return problemAt(pointerOf(path, ''), `is a ${kind} that ${when}`) ?? []
  })
}
