import test from 'ava'
import { distanceM } from '../../../processors/geo/distance.ts'
import { seeded } from '../../seeded.ts'

const degreeM = 111_195

test('a degree along a meridian is 111 kilometres, everywhere', t => {
  for (const latitude of [-90, -45, 0, 30, 89])
    t.true(Math.abs(distanceM(latitude, 24, latitude + 1, 24) - degreeM) < 1)
})

test('a degree along a parallel shrinks towards the poles', t => {
  t.true(Math.abs(distanceM(0, 24, 0, 25) - degreeM) < 1)
  t.true(Math.abs(distanceM(60, 24, 60, 25) - degreeM / 2) < 5)
  t.true(distanceM(90, 24, 90, 80) < 0.001)
})

test('from Berlin to Paris it is about 878 kilometres, there and back', t => {
  const there = distanceM(52.52, 13.405, 48.8566, 2.3522)
  t.true(Math.abs(there - 878_000) < 5_000)
  t.is(distanceM(48.8566, 2.3522, 52.52, 13.405), there)
})

test('the shortest way leads over the antimeridian where it is shorter', t => {
  t.true(Math.abs(distanceM(0, 179.5, 0, -179.5) - degreeM) < 1)
  t.true(distanceM(10, 180, 10, -180) < 0.001)
})

test('a metre is told from a position to itself', t => {
  t.is(distanceM(59.437, 24.7536, 59.437, 24.7536), 0)
  t.true(Math.abs(distanceM(59.437, 24.7536, 59.437 + 1 / degreeM, 24.7536) - 1) < 0.001)
})

test('opposite positions are half the way round the Earth apart, wherever they are', t => {
  const random = seeded(7)
  for (let round = 0; round < 5_000; round++) {
    const [latitude, longitude] = [random() * 180 - 90, random() * 180]
    t.true(Math.abs(distanceM(latitude, longitude, -latitude, longitude - 180) - 180 * degreeM) < 100)
  }
})

test('what is no number has no distance', t => {
  t.is(distanceM(Number.NaN, 0, 0, 0), Number.NaN)
  t.is(distanceM(0, 0, 0, Number.NaN), Number.NaN)
})
