// Rules for tests: the schema's defaults with a few settings.

import { Value } from 'typebox/value'
import {
  FieldRules,
  type FieldRulesConfig,
  fieldRulesSchema,
  type NameLimits
} from '../../../../connectors/shared/wialon/rules.ts'

const anyName: NameLimits = {
  reserved: new Set(['posinfo']),
  clean: name => name,
  lossOfText: () => null
}

export function rulesWith(settings: Partial<FieldRulesConfig> = {}, limits = anyName): FieldRules {
  return new FieldRules(Value.Parse(fieldRulesSchema, Value.Default(fieldRulesSchema, settings)), limits)
}
