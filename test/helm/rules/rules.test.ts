// The rules of the chart: Prometheus takes them, each alert fires and stays silent as the cases beside this file say, and what
// people read when one fires names what is wrong, why, and where it stands what to do.

import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { alertGroups, records, runbookOf } from '../../../schemas/alerts/alerts.ts'
import { type Rule, type RuleGroups, rules } from '../../../schemas/render/rules.ts'
import { complaints } from '../promql.ts'
import { promtool } from './promtool.ts'

const rulesFile = packageRoot('helm/tailrace/rules/tailrace.yaml')
const folder = packageRoot('test/helm/rules')
const caseFiles = readdirSync(folder).filter(name => name.endsWith('.yaml'))
const alerts = Object.entries(
  Object.assign({}, ...Object.values(alertGroups)) as (typeof alertGroups)[string]
) // their union

interface Expected {
  readonly exp_labels: Readonly<Record<string, string>>
  readonly exp_annotations: Readonly<Record<string, string>>
}

interface Cases {
  readonly tests: readonly {
    readonly name: string
    readonly alert_rule_test: readonly {
      readonly alertname: string
      readonly exp_alerts?: readonly Expected[]
    }[]
  }[]
}

const cases = caseFiles.flatMap(name => {
  const { tests } = parse(readFileSync(`${folder}/${name}`, 'utf8')) as Cases // promtool itself checks the shape
  return tests.flatMap(one =>
    one.alert_rule_test.map(({ alertname, exp_alerts = [] }) => ({
      name: one.name,
      alertname,
      expected: exp_alerts
    }))
  )
})

test('Prometheus takes the rules', t => {
  const { status, said } = promtool(['check', 'rules', rulesFile])
  t.is(status, 0, said)
  const count = alerts.length + Object.keys(records).length
  t.true(said.includes(`SUCCESS: ${count} rules found`), said)
})

for (const name of caseFiles)
  test(`alerts fire and stay silent as ${name} says`, t => {
    const { status, said } = promtool(['test', 'rules', `${folder}/${name}`])
    t.is(status, 0, said)
  })

test('every alert has a case in which it fires, and a case of its own in which it stays silent', t => {
  for (const [alert] of alerts) {
    const own = cases.filter(({ alertname }) => alertname === alert)
    const firing = new Set(own.filter(({ expected }) => expected.length > 0).map(({ name }) => name))
    t.true(firing.size > 0, `${alert} never fires`)
    t.true(
      own.some(({ name }) => !firing.has(name)),
      `${alert} has no case in which it only stays silent`
    )
  }
  const names = alerts.map(([alert]) => alert)
  t.deepEqual(
    cases.map(({ alertname }) => alertname).filter(name => !names.includes(name)),
    [],
    'a case is of an alert that exists'
  )
})

test('an alert that fires names its stream, channel or process, the reason, what happens next and its runbook', t => {
  for (const { name, alertname, expected } of cases)
    for (const { exp_labels: labels, exp_annotations: said } of expected) {
      const { summary = '', description = '' } = said
      const whole = `${summary} ${description}`
      const { stream, channel, pod, path } = labels
      const subjects = [stream, channel, path, stream === undefined ? pod : undefined].filter(
        one => one !== undefined
      )
      for (const subject of subjects) t.true(summary.includes(subject), `${name}: ${summary}`)
      if (subjects.length === 0) t.regex(whole, /streams?\b/, name)
      if (labels.code !== undefined) t.true(whole.includes(labels.code), name)
      t.regex(description, /^Reason: .{10,}\. What happens next: .{10,}/, name)
      t.is(said.runbook, runbookOf(alertname))
      t.notRegex(whole, /<no value>|error executing|\{\{|%!/, name)
    }
})

const exprs = rules().groups.flatMap(({ rules: list }) => list)
const nameOf = (rule: Rule) => ('alert' in rule ? rule.alert : rule.record)

test('rules name only metrics, labels and values that the product has', t => {
  for (const rule of exprs) t.deepEqual(complaints(rule.expr), [], nameOf(rule))
  const asked = exprs.flatMap(rule => ('alert' in rule ? Object.values(rule.annotations) : []))
  const queries = asked.flatMap(text =>
    [...text.matchAll(/printf `([^`]+)`/g)].map(([, query = '']) => query)
  )
  t.true(queries.length > 0)
  for (const query of queries) t.deepEqual(complaints(query.replaceAll('%s', 'x')), [])
})

test('a query that names what does not exist is found', t => {
  t.deepEqual(complaints('sum by (stream) (rate(tailrace_stream_lag[5m]))'), [
    'tailrace_stream_lag is not in the list',
    'nothing has the label stream: sum by (stream) (rate(tailrace_stream_lag[5m]))'
  ])
  t.deepEqual(complaints('tailrace_stream_state{state="broken"}'), ['no state is broken'])
  t.deepEqual(complaints('tailrace_stream_state{device="1"}'), ['tailrace_stream_state has no label device'])
  t.deepEqual(complaints('tailrace_stream_attempt_seconds'), [
    'tailrace_stream_attempt_seconds is not in the list'
  ])
  t.deepEqual(complaints('sum by (device) (up)'), ['nothing has the label device: sum by (device) (up)'])
  t.is(complaints('sum(up').length, 1)
})

test('the file holds what the list says, as plain YAML', t => {
  const file = parse(readFileSync(rulesFile, 'utf8')) as RuleGroups // compared with the whole right here
  t.deepEqual(file, rules())
})
