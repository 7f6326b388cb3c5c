// How a user steers the demo: keys on a terminal, SIGUSR2 anywhere.

export interface Keys {
  dispose(): void
}

const ctrlC = '\u0003'

/** Calls `toggle` for the key s and for SIGUSR2; q and Ctrl-C end the process as SIGINT does. */
export function watchKeys(toggle: () => void): Keys {
  const { stdin } = process
  const press = (key: string) => {
    if (key === 's') toggle()
    if (key === 'q' || key === ctrlC) process.kill(process.pid, 'SIGINT')
  }
  process.on('SIGUSR2', toggle)
  if (stdin.isTTY) stdin.setRawMode(true).setEncoding('utf8').on('data', press).resume()
  return {
    dispose() {
      process.off('SIGUSR2', toggle)
      if (stdin.isTTY) stdin.setRawMode(false).off('data', press).pause()
    }
  }
}
