// Obtains the jars of Apache Kafka by their Maven coordinates, once per user: they are kept in the cache directory
// and shared by everything that starts a local Kafka. Maven knows where to download from, so no address stands here.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultError } from '../../../schemas/errors.ts'
import { defaultCacheDir, obtainOnce } from './cache.ts'
import { isMissing, type RunResult, run } from './run.ts'

export const kafkaVersion = '4.3.1'

/** Kafka logs through slf4j, and its jars bring no binding for it: without one a broker would fail silently. */
const pom = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>tailrace</groupId>
  <artifactId>local-kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

export interface JarOptions {
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal | undefined
  /** Where jars are kept between runs. */
  readonly cacheDir?: string | undefined
}

/** The directory with Kafka's jars, downloaded first if need be. Throws `maven_missing` or `local_kafka_failed`. */
export function kafkaJars(options: JarOptions): Promise<string> {
  const cacheDir = options.cacheDir ?? defaultCacheDir()
  return obtainOnce(join(cacheDir, `kafka-${kafkaVersion}`), work => download(work, options))
}

/** Resolves with the folder of the jars. */
async function download(work: string, { progress, signal }: JarOptions): Promise<string> {
  progress(`Downloading Apache Kafka ${kafkaVersion} by Maven (44 MB, only the first time)`)
  await writeFile(join(work, 'pom.xml'), pom)
  let files = 0
  const onLine = (line: string) => {
    if (/Downloaded .*\.jar/.test(line) && ++files % 20 === 0) progress(`${files} files downloaded`)
  }
  const result = await maven(work, { signal, onLine })
  if (result.code !== 0) {
    throw new FaultError('local_kafka_failed', { detail: `Maven could not download it\n${result.tail}` })
  }
  return join(work, 'jars')
}

async function maven(work: string, options: Parameters<typeof run>[2]): Promise<RunResult> {
  const args = ['-B', '-f', join(work, 'pom.xml'), 'dependency:copy-dependencies']
  try {
    return await run('mvn', [...args, `-DoutputDirectory=${join(work, 'jars')}`], options)
  } catch (error) {
    if (isMissing(error)) throw new FaultError('maven_missing', { cause: error })
    throw error
  }
}
