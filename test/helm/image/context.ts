// The build context: which files of the repository a builder is sent, by the rules of a .dockerignore.

import { relative } from 'node:path'
import dockerignore from '@balena/dockerignore'

/** Tells of an absolute path below `context` whether a builder is sent it; of the context itself that it is. */
export function filesOfContext(context: string, ignored: string): (path: string) => boolean {
  const rules = dockerignore.default().add(ignored)
  return path => {
    const name = relative(context, path)
    return name === '' || !rules.ignores(name)
  }
}
