// What Google Pub/Sub takes at most (https://cloud.google.com/pubsub/quotas, "Resource limits"). What exceeds it is
// refused here, with the reason, where it would cost the messages beside it their request.

/** Messages in one request. */
export const maxRequestMessages = 1_000
/** Bytes of one request; a message alone may be somewhat larger, which the service is to judge. */
export const maxRequestBytes = 10_000_000
/** What no reading of "10 MB" lets through. */
export const maxMessageBytes = 10 * 1024 * 1024
export const maxAttributes = 100
export const maxAttributeBytes = { name: 256, value: 1_024 } as const
export const maxOrderingKeyBytes = 1_024
/** What a request has beside data and attributes of a message: names of fields and lengths. */
export const overheadBytes = 32
