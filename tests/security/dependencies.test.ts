import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repository } from '@sre-portal/infra/stack/settings.ts'

interface Manifest {
  workspaces?: string[]
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}
interface Lock {
  packages: Record<string, Manifest & { integrity?: string; link?: boolean; version?: string }>
}
const read = (path: string) => readFileSync(join(repository, path), 'utf8')

it('every package is pinned exactly and by its hash', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  const installed = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  )
  expect(installed.length).toBeGreaterThan(300)
  expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  const ours = Object.entries(packages).filter(([path]) => !path.includes('node_modules/'))
  const asked = ours.flatMap(([path, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).map(
      ([name, version]) => [path, name, version],
    ),
  )
  expect(asked.length).toBeGreaterThan(50)
  expect(asked.filter(([, , version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? ''))).toEqual([])
})

it('advisories are asked for, and SECURITY.md says how soon they are answered', () => {
  const { scripts } = JSON.parse(read('package.json')) as Manifest
  expect(scripts?.['checks:dependencies']).toBe('npm audit --audit-level=moderate')
  const section = /## Known advisories\n\n([\s\S]*?)\n## /.exec(read('SECURITY.md'))?.[1]
  expect(section).toMatch(/`npm run checks:dependencies`/)
  expect(section).toMatch(/critical[\s\S]*high[\s\S]*moderate/)
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  const deno = Object.entries(packages).find(([path]) => path.endsWith('node_modules/deno'))?.[1].version
  expect(section).toContain(`Deno ${deno}`)
})
