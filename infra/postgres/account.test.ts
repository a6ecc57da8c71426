import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canReach, parsePasswd } from './account.ts'

test('accounts are read from /etc/passwd', () => {
  const text =
    'root:x:0:0:root:/root:/bin/bash\n\nnobody:*:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n#x\n'
  expect(parsePasswd(text)).toEqual([
    { name: 'root', uid: 0, gid: 0 },
    { name: 'nobody', uid: 65534, gid: 65533 },
  ])
})

test('a folder that others may not pass through closes everything below it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reach-'))
  const below = join(folder, 'a', 'b')
  mkdirSync(below, { recursive: true })
  const stranger = { name: 'stranger', uid: 54321, gid: 54321 }
  const file = join(below, 'file')
  chmodSync(folder, 0o711)
  expect(canReach(file, stranger)).toBe(true)
  chmodSync(join(folder, 'a'), 0o700)
  expect(canReach(file, stranger)).toBe(false)
  expect(canReach(join(folder, 'a'), stranger)).toBe(true)
  const { uid, gid } = statSync(folder)
  expect(canReach(file, { name: 'owner', uid, gid: 54321 })).toBe(true)
  chmodSync(join(folder, 'a'), 0o710)
  expect(canReach(file, { name: 'member', uid: 54321, gid })).toBe(true)
  expect(canReach(join(folder, 'not-yet', 'file'), stranger)).toBe(true)
  rmSync(folder, { recursive: true })
})
