/**
 * Places where tests make a process die: `FAILPOINT=after-claim:kill` (several separated by commas) kills it with SIGKILL at that
 * place, `:stop` freezes it with SIGSTOP, `:throw` throws. Without the variable a failpoint costs one comparison.
 */
export type FailpointAction = 'kill' | 'stop' | 'throw'

/** Reads the variable's text once; answers the function to call at each place. @throws Error for an unknown action */
export function createFailpoints(text: string | undefined): (place: string) => void {
  if (!text) return () => undefined
  const actions = new Map(text.split(',').map(parse))
  return (place) => {
    const action = actions.get(place)
    if (action === 'kill') process.kill(process.pid, 'SIGKILL')
    if (action === 'stop') process.kill(process.pid, 'SIGSTOP')
    if (action === 'throw') throw new Error(`failpoint ${place}`)
  }
}

function parse(entry: string): [string, FailpointAction] {
  const [place = '', action] = entry.split(':')
  if (action !== 'kill' && action !== 'stop' && action !== 'throw')
    throw new Error(`FAILPOINT: "${entry}" must end in :kill, :stop or :throw`)
  return [place, action]
}
