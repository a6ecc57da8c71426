import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findMongoProgram } from './program.ts'

let folder: string
let mirror: Server | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mongo-'))
  vi.stubEnv('PATH', folder)
  vi.stubEnv('MONGOD_BINARY', '')
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) vi.stubEnv(name, '')
  vi.stubEnv('MONGOMS_DOWNLOAD_MIRROR', 'http://127.0.0.1:9')
})
afterEach(() => {
  vi.unstubAllEnvs()
  mirror?.close()
  mirror = undefined
  rmSync(folder, { recursive: true })
})

const find = (told: string[] = []) => findMongoProgram((text) => told.push(text), join(folder, 'cache'))

function program(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, '#!/bin/sh\nexit 1\n')
  chmodSync(path, 0o755)
  return path
}

async function mirrorThatAnswers(status: number): Promise<void> {
  mirror = createServer((_request, response) => response.writeHead(status).end())
  await new Promise<void>((resolve) => mirror?.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('MONGOMS_USE_HTTP', 'true')
  vi.stubEnv('MONGOMS_DOWNLOAD_MIRROR', `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`)
}

test('mongod is preferred to ferretdb, and the one that is named to the one on the PATH', async () => {
  const ferretdb = program('ferretdb')
  expect(await find()).toEqual({ product: 'ferretdb', binary: ferretdb })
  const mongod = program('mongod')
  expect(await find()).toEqual({ product: 'mongodb', binary: mongod })
  vi.stubEnv('MONGOD_BINARY', '/elsewhere/mongod')
  expect(await find()).toEqual({ product: 'mongodb', binary: '/elsewhere/mongod' })
})

test('a file on the PATH that can not be run is no program', async () => {
  chmodSync(program('mongod'), 0o644)
  expect(await find()).toHaveProperty('missing')
})

test('where there is none, it is soon said why, and how to get one', async () => {
  const startedAt = Date.now()
  const found = await find()
  expect(found).toEqual({
    missing: expect.stringMatching(
      /^There is no MongoDB server: Go, which could build FerretDB, is not on the PATH, and MongoDB could not be downloaded \(.+\)\. Put mongod or ferretdb on the PATH \(or name it by MONGOD_BINARY\), or install Go, with which FerretDB is built\.$/,
    ) as string,
  })
  expect(Date.now() - startedAt).toBeLessThan(10_000)
})

test('a Go that can not get the sources, and a mirror that has no MongoDB, are told', async () => {
  program('go')
  await mirrorThatAnswers(404)
  const told: string[] = []
  const found = await find(told)
  expect('missing' in found && found.missing).toMatch(
    /Go could not download the sources of FerretDB v1\.24\.2, and MongoDB could not be downloaded \(.*404.*\)/s,
  )
  expect(told).toEqual([
    expect.stringMatching(/^Building FerretDB/),
    expect.stringMatching(/^Downloading MongoDB \d/),
  ])
})
