// A channel's feed with what its settings mean: the rules of fields, and which passwords are right.

import { createHash, timingSafeEqual } from 'node:crypto'
import { FaultError } from '../../../schemas/errors.ts'
import type { Feed } from '../../connector.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { FieldRules } from '../../shared/wialon/rules.ts'
import { nameLimits } from '../codec/parameters.ts'
import { hdopField } from '../codec/record.ts'
import type { WialonIpsSourceConfig } from '../source-config.ts'

export interface WialonIpsFeed extends Feed<WialonIpsSourceConfig> {
  readonly rules: FieldRules
  /** The parameter that the HDOP of a record becomes. */
  readonly hdopName: string
  /** In a time that tells nothing of the right one. */
  admits(password: string | null): boolean
}

/** Throws a FaultError `config_invalid` or `wialon_ips_source_unguarded`. */
export function wialonIpsFeed(feed: Feed<WialonIpsSourceConfig>): WialonIpsFeed {
  const { channel, config } = feed
  const path = `channels.${channel}.sources.wialonIps`
  const { password, host, insecure } = config
  if (password === undefined && !insecure && !isLoopback(host)) {
    const detail = `${host} is reached from other machines, and no password is asked for`
    throw new FaultError('wialon_ips_source_unguarded', { path, detail })
  }
  const rules = new FieldRules(config.fields, nameLimits, `${path}.fields`)
  const right = password === undefined ? null : hashOf(password)
  return {
    ...feed,
    rules,
    hdopName: rules.nameOf(hdopField).name,
    admits: given => right === null || timingSafeEqual(hashOf(given ?? ''), right)
  }
}

/** Of the same length whatever it is of. */
function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
