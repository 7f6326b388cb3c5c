// How long senders may take. They cannot be set, but tests have less time.

export interface Timings {
  /** From the end of the headers to the last byte of the body, or of every piece of it that is stored by itself. */
  readonly requestTimeoutMs: number
  /** From the first byte of a request to the end of its headers; also for the handshake of TLS. */
  readonly headersTimeoutMs: number
  /** How often the two are looked at. */
  readonly checkIntervalMs: number
  /** How long a connection may be idle: more than the 60 s of common load balancers, which should close first. */
  readonly keepAliveMs: number
  /** How long a request waits for room in memory until it is refused. */
  readonly roomWaitMs: number
  /** How long what is still to come of a refused request is read, so that its sender can read the answer. */
  readonly lingerMs: number
}

export const defaultTimings: Timings = {
  requestTimeoutMs: 60_000,
  headersTimeoutMs: 10_000,
  checkIntervalMs: 5_000,
  keepAliveMs: 72_000,
  roomWaitMs: 10_000,
  lingerMs: 5_000
}
