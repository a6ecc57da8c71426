import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** A process and everything that it has started, and they have started, parents first. */
export function processTree(root: number): number[] {
  const parents = parentsOfAll()
  const found = [root]
  for (const parent of found) found.push(...parents.filter(([, its]) => its === parent).map(([pid]) => pid))
  return found
}

function parentsOfAll(): [pid: number, parent: number][] {
  return process.platform === 'linux' ? parentsByProc() : parentsByPs()
}

function parentsByProc(): [number, number][] {
  return readdirSync('/proc').flatMap((name): [number, number][] => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    try {
      // The command's name may itself hold blanks and parentheses; the parent is the second field after it.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      return [[pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]]
    } catch {
      return []
    }
  })
}

function parentsByPs(): [number, number][] {
  const lines = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n')
  return lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
}
