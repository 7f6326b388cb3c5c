import test from 'ava'
import { compareWithKafkajs } from './oracle.ts'

test('20,000 random records in random batches of every codec are the same as those kafkajs decodes', async t => {
  const { compared, delivered, differences, firstSeed } = await compareWithKafkajs(20_000, 1)
  t.is(differences, 0, `seed ${firstSeed}`)
  t.true(compared >= 20_000)
  t.true(delivered > compared / 2, `${delivered} delivered`)
})
