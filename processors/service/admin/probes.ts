// What Kubernetes asks. Liveness restarts a pod, so /healthz tells one thing only: the event loop turns; a restart mends
// nothing else. Readiness takes a pod out of service, so /readyz follows the life of the process and not what is around it:
// neither a target that is down nor a Kafka that goes away later makes a process unready. Without Kafka every pod would
// be, and senders would find nobody; from a pod in service they are told in so many words to repeat (kafka_unavailable).

import { type Page, text } from './listener.ts'
import type { Phase, ServiceStatus } from './status.ts'

const unready: Readonly<Partial<Record<Phase, string>>> = {
  connecting: 'waiting for Kafka',
  starting: 'starting',
  draining: 'draining',
  stopped: 'stopped'
}

/** /healthz: whoever gets an answer at all knows that the event loop turns. */
export function alive(): Page {
  return text('ok')
}

/** /readyz: the phase, and the code of what keeps the process from starting. */
export function readiness({ phase, trouble }: Pick<ServiceStatus, 'phase' | 'trouble'>): Page {
  const reason = unready[phase]
  if (reason === undefined) return text('ready')
  return text(trouble === undefined ? reason : `${reason}: ${trouble.code}`, 503)
}
