// The rules of Prometheus, rendered from the list of alerts: what helm/tailrace/rules/tailrace.yaml holds, and the reference page.

import type { AlertSpec } from '../alerts/alert.ts'
import { alertGroups, records, runbookOf } from '../alerts/alerts.ts'
import { code, page, table } from './markdown.ts'

/** A rule as Prometheus reads it. */
export type Rule =
  | { readonly record: string; readonly expr: string }
  | {
      readonly alert: string
      readonly expr: string
      readonly for: string
      readonly labels: Readonly<Record<string, string>>
      readonly annotations: Readonly<Record<string, string>>
    }

export interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}

/** All rules, as the object that a file of rules holds. */
export function rules(): RuleGroups {
  const recorded = Object.entries(records).map(([record, { expr }]) => ({ record, expr }))
  const alerting = Object.entries(alertGroups).map(([name, alerts]) => ({
    name,
    rules: Object.entries(alerts).map(([alert, spec]) => alertRule(alert, spec))
  }))
  return { groups: [{ name: 'tailrace-records', rules: recorded }, ...alerting] }
}

function alertRule(alert: string, spec: AlertSpec): Rule {
  return {
    alert,
    expr: spec.expr,
    for: spec.for,
    labels: { severity: spec.severity },
    annotations: {
      summary: spec.summary,
      description: `${spec.reason} What happens next: ${spec.next}`,
      runbook: runbookOf(alert)
    }
  }
}

/** Every alert, for people. */
export function alertsPage(): string {
  const alerts = Object.values(alertGroups).flatMap(group => Object.entries(group))
  const rows = alerts.map(([name, { severity, summary, next, ...spec }]) => [
    `[${code(name)}](../../${runbookOf(name)})`,
    severity,
    spec.for,
    plain(summary),
    next
  ])
  const recorded = Object.entries(records).map(([name, { help }]) => [code(name), help])
  return page(
    [
      '# Alerts',
      'A page wakes a person, a ticket is looked at in working hours; nothing pages for what heals by itself. The rules are in [helm/tailrace/rules/tailrace.yaml](../../helm/tailrace/rules/tailrace.yaml), what to do in [helm/runbooks](../../helm/runbooks/README.md). Words in italics are labels of the alert.',
      table(['Alert', 'Severity', 'After', 'What is wrong', 'What happens by itself'], rows),
      '## Recorded series',
      'Each has the labels `namespace`, `job` and `stream`.',
      table(['Series', 'Meaning'], recorded)
    ],
    'schemas/alerts/'
  )
}

/** A template as a person reads it: a label is its name in brackets, of a choice the first is shown. */
function plain(template: string): string {
  return template
    .replaceAll(/\{\{ if [^}]*\}\}(.*?)(?:\{\{ else \}\}.*?)?\{\{ end \}\}/g, '$1')
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '_$1_')
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, '_value_')
}
