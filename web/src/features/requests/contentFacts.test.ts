import { expect, it } from 'vitest'
import { contentFault, readScriptFile, sha256Of } from './contentFacts.ts'

const file = (name: string, bytes: BlobPart) => new File([bytes], name)

it('names the limit and the size found when there is too much', () => {
  expect(contentFault('query', 'x'.repeat(256 * 1024))).toBeNull()
  expect(contentFault('query', 'ü'.repeat(150 * 1024))).toBe(
    'A query has at most 256 KiB (262,144 bytes); this one has 307,200 bytes.',
  )
  expect(contentFault('script', 'x'.repeat(512 * 1024 + 1))).toBe(
    'A script has at most 512 KiB (524,288 bytes); this one has 524,289 bytes.',
  )
  expect(contentFault('script', ' \n')).toBe('Write a script.')
})

it('takes a .js file in UTF-8 and says why it takes no other', async () => {
  expect(await readScriptFile(file('a.js', 'return 1'))).toEqual({ text: 'return 1' })
  expect(await readScriptFile(file('a.sh', 'echo'))).toEqual({ fault: 'a.sh is not a .js file.' })
  expect(await readScriptFile(file('a.js', ''))).toEqual({ fault: 'a.js is empty.' })
  expect(await readScriptFile(file('a.js', new Uint8Array([0x61, 0xff, 0xfe])))).toEqual({
    fault: 'a.js is not UTF-8 text.',
  })
  expect(await readScriptFile(file('big.js', new Uint8Array(512 * 1024 + 1)))).toEqual({
    fault: 'A script has at most 512 KiB (524,288 bytes); big.js has 524,289 bytes.',
  })
})

it('drops a byte order mark, as the server does: the hash is of what is approved', async () => {
  expect(await readScriptFile(file('a.js', new Uint8Array([0xef, 0xbb, 0xbf, 0x31])))).toEqual({
    text: '1',
  })
})

it('hashes the UTF-8 of the text', async () => {
  expect(await sha256Of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
