// Lets a process die at one of the places between two writes, so that a test sees what the next process finds: "place" or
// "place:n", the nth time it is reached. Nothing is drained, as when the machine loses its power.

import { type FaultPoint, faultPoints } from '../stream/held/fault-points.ts'

/** `where` is the value of TAILRACE_DIE_AT, which only tests set. */
export function dieAt(where: string | undefined): (point: FaultPoint) => void {
  const [place, times] = (where ?? '').split(':')
  const point = faultPoints.find(known => known === place)
  if (point === undefined) return () => {}
  let left = Number(times ?? 1)
  return reached => {
    if (reached === point && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
