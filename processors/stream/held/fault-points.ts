// The places between two writes of the held topic's rule, and of numbers and receipts, by name, so that a test can let a process die at each.

export const heldPoints = [
  /** A device was refused; nothing of it is in the held topic yet. */
  'held_refused',
  /** Kafka has a message in the held topic; in its channel it is owed still. */
  'held_appended',
  /** Kafka has a commit. */
  'committed',
  /** The partition has its new owner's record; what waits was not read yet. */
  'held_owned',
  /** The target has confirmed a released message; there is no marker of it yet. */
  'held_delivered',
  /** Kafka has a marker; the held partition is not committed. */
  'held_marked'
] as const

export const faultPoints = [
  ...heldPoints,
  /** Kafka has the numbers of messages; nothing was sent with them yet. */
  'sequence_written',
  /** Kafka has receipts; their messages are not settled. */
  'receipts_written'
] as const

export type FaultPoint = (typeof faultPoints)[number]
