// A channel's feed with what its settings mean: the rules of fields, and who may send.

import { BlockList, isIP } from 'node:net'
import { FaultError } from '../../../schemas/errors.ts'
import type { Feed, SourceEnv } from '../../connector.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { LeftOutTeller } from '../../shared/wialon/left-out.ts'
import { FieldRules } from '../../shared/wialon/rules.ts'
import { nameLimits } from '../packet/mapping.ts'
import type { WialonSourceConfig } from '../source-config.ts'

export interface WialonFeed extends Feed<WialonSourceConfig> {
  readonly rules: FieldRules
  /** Tells of blocks of a unit that are not in its message. */
  leftOut(unit: string, names: readonly string[]): void
  /** Whether somebody at this address may send. */
  admits(address: string): boolean
}

/** Throws a FaultError `config_invalid` or `wialon_source_unguarded`. */
export function wialonFeed(feed: Feed<WialonSourceConfig>, { log }: SourceEnv): WialonFeed {
  const { channel, config } = feed
  const path = `channels.${channel}.sources.wialon`
  const { senders, host, insecure } = config
  if (senders.length === 0 && !insecure && !isLoopback(host)) {
    const detail = `${host} is reached from other machines, and the protocol has no password`
    throw new FaultError('wialon_source_unguarded', { path, detail })
  }
  const teller = new LeftOutTeller(log, { channel })
  const list = blockList(senders, `${path}.senders`)
  return {
    ...feed,
    rules: new FieldRules(config.fields, nameLimits, `${path}.fields`),
    leftOut: (unit, names) =>
      teller.tell(
        unit,
        names.map(field => ({ field, why: 'no type for it' }))
      ),
    admits: address => senders.length === 0 || list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
}

function blockList(senders: readonly string[], path: string): BlockList {
  const list = new BlockList()
  for (const [at, sender] of senders.entries()) {
    const [address = '', bits] = sender.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    try {
      list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
    } catch (cause) {
      const detail = `${sender} is neither an address nor a network such as 192.0.2.0/24`
      throw new FaultError('config_invalid', { path: `${path}[${at}]`, detail, cause })
    }
  }
  return list
}
