// Reads a Dockerfile into its stages, with ARG and ENV filled in as a builder does. It knows the instructions that ours
// uses and throws at every other one, so that nothing in the file is left out of the test without a word.

import {
  Arg,
  Cmd,
  Copy,
  DockerfileParser,
  Entrypoint,
  Env,
  From,
  type Instruction,
  type JSONInstruction,
  Label,
  type PropertyInstruction,
  Run,
  User,
  Workdir
} from 'dockerfile-ast'

/** What changes files, in the order of the Dockerfile. Paths are those inside of the image. */
export type Step =
  | {
      readonly kind: 'run'
      readonly command: string
      readonly directory: string
      readonly env: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'copy'
      /** The stage copied from; null: the build context. */
      readonly from: string | null
      readonly sources: readonly string[]
      readonly destination: string
      readonly directory: string
    }
  | { readonly kind: 'directory'; readonly directory: string }

/** One stage, and what a container of it would be started with. */
export interface Stage {
  readonly name: string
  readonly image: string
  readonly steps: Step[]
  readonly env: Record<string, string>
  readonly labels: Record<string, string>
  directory: string
  user: string
  entrypoint: readonly string[]
  command: readonly string[]
}

/** Where the programs of the base image are. */
const basePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The stages of a Dockerfile, the image itself last. Throws an Error that names the line which is not understood. */
export function readDockerfile(text: string): Stage[] {
  const reader = new Reader()
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    try {
      reader.read(instruction)
    } catch (error) {
      throw new Error(`line ${instruction.getRange().start.line + 1}: ${instruction}`, { cause: error })
    }
  }
  return reader.stages
}

class Reader {
  readonly stages: Stage[] = []
  /** ARG before the first FROM; there for FROM only. */
  readonly #global: Record<string, string> = {}
  #args: Record<string, string> = {}

  read(instruction: Instruction): void {
    const stage = this.stages.at(-1)
    if (instruction instanceof From) this.#begin(instruction)
    else if (instruction instanceof Arg) this.#declare(instruction)
    else if (stage === undefined) throw new Error('comes before the first FROM')
    else if (instruction instanceof Run) this.#run(instruction, stage)
    else if (instruction instanceof Copy) this.#copy(instruction, stage)
    else this.#describe(instruction, stage)
  }

  #begin(from: From): void {
    if (from.getFlags().length > 0) throw new Error('options of FROM are not known')
    const name = from.getBuildStage() ?? String(this.stages.length)
    const image = expand(from.getImage() ?? '', this.#global)
    const facts = {
      env: { PATH: basePath },
      labels: {},
      directory: '/',
      user: '',
      entrypoint: [],
      command: []
    }
    this.stages.push({ name, image, steps: [], ...facts })
    this.#args = {}
  }

  #declare(arg: Arg): void {
    const property = arg.getProperty()
    if (property === null) throw new Error('is empty')
    const args = this.stages.length === 0 ? this.#global : this.#args
    args[property.getName()] = expand(property.getValue() ?? '', this.#args)
  }

  #run(run: Run, { steps, directory, env }: Stage): void {
    const command = run.getArgumentsContent() ?? ''
    if (run.getFlags().length > 0 || run.getJSONStrings().length > 0 || command.includes('\n'))
      throw new Error('only RUN with a line for the shell is known')
    // The shell, and not the builder, fills in what stands in a command.
    steps.push({ kind: 'run', command, directory, env: { ...this.#args, ...env } })
  }

  #copy(copy: Copy, { steps, directory, ...stage }: Stage): void {
    const from = copy.getFromFlag()
    if (copy.getFlags().length > (from === null ? 0 : 1)) throw new Error('only COPY --from is known')
    const paths = this.#values(copy, stage.env)
    const destination = paths.pop()
    if (destination === undefined || paths.length === 0 || paths.some(path => /[*?[\]]/.test(path)))
      throw new Error('only COPY of paths without wildcards is known')
    steps.push({ kind: 'copy', from: from?.getValue() ?? null, sources: paths, destination, directory })
  }

  #describe(instruction: Instruction, stage: Stage): void {
    if (instruction instanceof Env) Object.assign(stage.env, this.#pairs(instruction, stage.env))
    else if (instruction instanceof Label) Object.assign(stage.labels, this.#pairs(instruction, stage.env))
    else if (instruction instanceof Entrypoint) stage.entrypoint = strings(instruction)
    else if (instruction instanceof Cmd) stage.command = strings(instruction)
    else if (instruction instanceof User) stage.user = this.#values(instruction, stage.env).join(' ')
    else if (instruction instanceof Workdir) {
      const [path = ''] = this.#values(instruction, stage.env)
      if (!path.startsWith('/')) throw new Error('only absolute paths are known')
      stage.directory = path
      stage.steps.push({ kind: 'directory', directory: path })
    } else if (instruction.getKeyword() !== 'EXPOSE') throw new Error('is not known')
  }

  #pairs(instruction: PropertyInstruction, env: Readonly<Record<string, string>>): Record<string, string> {
    const pair = (name: string, value: string | null) => [
      name,
      expand(value ?? '', { ...this.#args, ...env })
    ]
    return Object.fromEntries(instruction.getProperties().map(p => pair(p.getName(), p.getValue())))
  }

  #values(instruction: Instruction, env: Readonly<Record<string, string>>): string[] {
    return instruction.getArguments().map(argument => expand(argument.getValue(), { ...this.#args, ...env }))
  }
}

/** The exec form. The other one puts a shell before the process, which would not hand on SIGTERM. */
function strings(instruction: JSONInstruction): string[] {
  const found = instruction.getJSONStrings().map(argument => argument.getJSONValue())
  if (found.length === 0) throw new Error('only the exec form, a JSON array, is known')
  return found
}

/** Fills in `$NAME` and `${NAME}`. */
function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{([^}]*)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? ''
    const value = variables[name]
    if (value === undefined) throw new Error(`there is no variable ${name}`)
    return value
  })
}
