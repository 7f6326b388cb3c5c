// How many attempts without an answer are no accident, by how often the destination leaves one out whatever it is sent.

import test from 'ava'
import { Odds } from '../../../../../processors/stream/dispatch/outcome/odds.ts'
import { seeded } from '../../../../seeded.ts'

/** After `attempts` of which the share `lost` stays without an answer, at random. */
function patienceAt(lost: number, attempts = 5_000): number {
  const random = seeded(1)
  const odds = new Odds()
  for (let at = 0; at < attempts; at++) odds.note(random() < lost)
  return odds.patience
}

test('three attempts are enough where nothing, or one in twenty, is lost, and at the beginning', t => {
  t.is(new Odds().patience, 3)
  t.is(patienceAt(0), 3)
  t.true(patienceAt(0.05) <= 4)
})

test('a few culprits one after the other change nothing', t => {
  const odds = new Odds()
  for (let at = 0; at < 5; at++) odds.note(true)
  t.is(odds.patience, 3)
})

test('the more is lost at random, the more attempts it takes, up to thirty', t => {
  const half = patienceAt(0.5)
  t.true(half >= 8 && half <= 14, `${half}`)
  t.is(patienceAt(0.95), 30)
  t.is(patienceAt(1, 100_000), 30)
})

test('what was at random is forgotten once it is over', t => {
  const odds = new Odds()
  for (let at = 0; at < 1_000; at++) odds.note(at % 2 === 0)
  t.true(odds.patience > 8)
  for (let at = 0; at < 300; at++) odds.note(false)
  t.is(odds.patience, 3)
})
