import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accepted, Problem, Session } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadRequest, loadUser } from '@sre-portal/platform/aggregates'
import { createPasswords } from './auth/passwords.ts'
import { ensureFirstAdministrator } from './bootstrap.ts'
import {
  newCast,
  newUser,
  password,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from './testing/commandService.ts'

let service: CommandService
let cast: Cast
beforeAll(async () => {
  service = await startCommandService()
  cast = await newCast(service)
})
afterAll(() => service.close())

const contentHash = contentHashOf('select count(*) from orders')
const submit = async (token: string) =>
  (await service.api<Accepted>('POST', '/api/requests', { token, body: queryBody(cast) })).body.id
const approve = (id: string, token: string) =>
  service.api<Problem>('POST', `/api/requests/${id}/approve`, { token, body: { contentHash } })
const typesOf = async (id: string) => (await loadRequest(service.store, id)).events.map(({ type }) => type)
const confirm = (id: string, asOf: string, token: string) =>
  service.api('POST', `/api/users/${id}/confirm`, { token, body: { asOf } })

/** An administrator whom the installation made, as it made Ada. */
async function seeded(name: string) {
  const email = `${name.toLowerCase()}@example.org`
  await ensureFirstAdministrator(service.context, createPasswords(4), { email, name, password })
  const { user, accessToken } = await service.signIn(email)
  return { id: user.id, email, token: accessToken }
}

const setOwnPassword = async (token: string, currentPassword: string, newPassword: string) => {
  const body = { currentPassword, newPassword }
  expect((await service.api('POST', '/api/auth/password', { token, body })).status).toBe(200)
}
const now = async () => String(await service.store.head())

describe('an administrator’s own request', () => {
  it('is not approved by an account that they made, entered and gave another password', async () => {
    const id = await submit(cast.ada.token)
    const refused = await approve(id, cast.grace.token)
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
    expect(refused.body.detail).toMatch(
      /^You cannot approve requests of Ada, who gave you this account \(UserRegistered, .* UTC\), .*made you manager of the pod \(PodManagerAssigned, .*\)\. Whoever set a password knows it, and can replace it as you: choose another, and then let an administrator whose own account does not go back to Ada confirm your account; or let such an administrator set your password, and then choose another yourself\. If there is none, whoever runs the installation makes one: BOOTSTRAP_ADMIN_EMAIL /,
    )
    expect((await approve(id, cast.grace.token)).status).toBe(403)
    // Told once, however often it is tried.
    expect(await typesOf(id)).toEqual(['RequestSubmitted', 'ApprovalRefused'])

    // Ada has chosen Grace’s first password, so this may as well be Ada: nobody can tell.
    await setOwnPassword(cast.grace.token, password, 'chosen in the name of Grace')
    const again = await approve(id, cast.grace.token)
    expect([again.status, again.body.detail]).toEqual([
      403,
      expect.stringMatching(
        /\. Whoever knew that password could have replaced it as you: let an administrator whose own account does not go back to Ada confirm your account as it is now; or let /,
      ),
    ])
    await setOwnPassword(cast.grace.token, 'chosen in the name of Grace', 'known to nobody but Grace')
    expect((await approve(id, cast.grace.token)).status).toBe(403)
    expect((await confirm(cast.grace.id, await now(), cast.ada.token)).status).toBe(200)
    expect((await approve(id, cast.grace.token)).status).toBe(403)
    expect(await typesOf(id)).toEqual(['RequestSubmitted', 'ApprovalRefused'])
  })

  it('is approved once an administrator whom the installation has made confirms who that is', async () => {
    const id = await submit(cast.ada.token)
    // The house has no administrator but those whom Ada made: the next start has another address.
    const sara = await seeded('Sara')
    expect((await confirm(cast.grace.id, await now(), sara.token)).status).toBe(200)
    expect((await approve(id, cast.grace.token)).status).toBe(200)
    // From then on what Grace sets is her own.
    await setOwnPassword(cast.grace.token, 'known to nobody but Grace', 'still known to nobody else')
    expect((await approve(await submit(cast.ada.token), cast.grace.token)).status).toBe(200)
  })

  it('is approved once such an administrator has set the password, and its person another after it', async () => {
    const sven = await seeded('Sven')
    const id = await submit(cast.ada.token)
    const [before] = [await service.signIn('pavel@example.org')]
    const reset = { password: 'from Sven to Pavel alone' }
    await service.api('PATCH', `/api/users/${cast.pavel.id}`, { token: sven.token, body: reset })
    // Whoever had entered with the password before is out.
    expect((await approve(id, before.accessToken)).status).toBe(401)
    const { body } = await service.api<Session>('POST', '/api/auth/login', {
      body: { email: 'pavel@example.org', ...reset },
    })
    const refused = await approve(id, body.accessToken)
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      expect.stringMatching(
        /made you deputy of the pod .*\)\. Set a password of your own, or let an administrator /,
      ),
    ])
    await setOwnPassword(body.accessToken, reset.password, password)
    expect((await approve(id, body.accessToken)).status).toBe(200)
  })

  it('is not approved by an account whose password they have reset', async () => {
    const id = await submit(cast.ada.token)
    const reset = { password: 'known to the administrator' }
    await service.api('PATCH', `/api/users/${cast.grace.id}`, { token: cast.ada.token, body: reset })
    const { body } = await service.api<Session>('POST', '/api/auth/login', {
      body: { email: 'grace@example.org', ...reset },
    })
    const refused = await approve(id, body.accessToken)
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      expect.stringMatching(
        /^You cannot approve requests of Ada, who set your password \(UserPasswordChanged, /,
      ),
    ])
    // A password that stays as the administrator set it is nobody's own.
    const same = { currentPassword: reset.password, newPassword: reset.password }
    const kept = await service.api('POST', '/api/auth/password', { token: body.accessToken, body: same })
    expect([kept.status, kept.body.detail]).toEqual([
      422,
      'The new password is the current one; nothing was changed.',
    ])
    expect((await approve(id, body.accessToken)).status).toBe(403)
    // What others submit is approved as before.
    expect((await approve(await submit(cast.dana.token), body.accessToken)).status).toBe(200)
  })

  it('is approved once an independent administrator has confirmed the account as it was seen', async () => {
    const sol = await seeded('Sol')
    const pia = await newUser(service, cast.ada.token, 'Pia', 'MANAGER')
    const change = { deputyIds: [pia.id] }
    await service.api('PATCH', '/api/pods/payments', { token: cast.ada.token, body: change })
    const id = await submit(cast.ada.token)
    const isApproved = async () => (await approve(id, pia.token)).status === 200
    // Ada still knows the password, whoever answers for the account.
    expect((await confirm(pia.id, await now(), sol.token)).status).toBe(200)
    expect(await isApproved()).toBe(false)
    const before = await now()
    await setOwnPassword(pia.token, password, 'known to nobody but Pia')
    expect(await isApproved()).toBe(false)
    expect((await confirm(pia.id, await now(), cast.ada.token)).status).toBe(200)
    expect(await isApproved()).toBe(false)
    expect((await confirm(pia.id, before, sol.token)).status).toBe(200)
    expect(await isApproved()).toBe(false)
    expect((await confirm(pia.id, await now(), sol.token)).status).toBe(200)
    expect(await isApproved()).toBe(true)
  })

  it.each([
    ['oneself', () => confirm(cast.ada.id, '1', cast.ada.token), 403],
    ['somebody unknown', () => confirm('00000000-0000-4000-8000-000000000000', '1', cast.ada.token), 404],
    ['as a developer', () => confirm(cast.grace.id, '1', cast.dana.token), 403],
    ['as a manager', () => confirm(cast.grace.id, '1', cast.otto.token), 403],
    ['without a position', () => confirm(cast.grace.id, '', cast.ada.token), 400],
  ])('is not helped by confirming %s', async (_name, ask, status) =>
    expect((await ask()).status).toBe(status),
  )
})

describe('an administrator’s own request, approved by help of others whom they made', () => {
  const newAdmin = (name: string, maker: { token: string }) => newUser(service, maker.token, name, 'ADMIN')
  const makeManager = async (name: string, maker: { token: string }) => {
    const manager = await newUser(service, maker.token, name, 'MANAGER')
    await lead(manager.id, maker)
    return manager
  }
  /** Makes somebody the manager of the pod that is asked. */
  const lead = async (managerId: string, by: { token: string }) => {
    const changed = await service.api('PATCH', '/api/pods/payments', { token: by.token, body: { managerId } })
    expect(changed.status).toBe(200)
  }
  const giveUp = (id: string) =>
    service.api('POST', `/api/requests/${id}/withdraw`, { token: cast.ada.token, body: {} })
  const refusalOf = async (id: string, approver: { token: string }) => {
    const { status, body } = await approve(id, approver.token)
    expect([status, body.code]).toEqual([403, 'forbidden'])
    return body.detail ?? ''
  }

  it('is refused over a second administrator, and told over whom', async () => {
    const bea = await newAdmin('Bea', cast.ada)
    const carl = await makeManager('Carl', bea)
    const id = await submit(cast.ada.token)
    expect(await refusalOf(id, carl)).toMatch(
      /^You cannot approve requests of Ada: Bea, who gave you this account \(UserRegistered, .* UTC\), gave you your role .*, set your password .* and made you manager of the pod \(PodManagerAssigned, .*\), was given their account by Ada \(UserRegistered, .* UTC\)\. Whoever set a password knows it, /,
    )
    const { events } = await loadRequest(service.store, id)
    const refused = events.find(({ type }) => type === 'ApprovalRefused')
    const [account] = (await loadUser(service.store, bea.id)).events
    expect(refused?.type === 'ApprovalRefused' && refused.data.standing).toContain(account?.id)
    // What others submit is approved as before.
    expect((await approve(await submit(cast.dana.token), carl.token)).status).toBe(200)
    // The second administrator’s password, set as that person, makes nobody independent.
    await setOwnPassword(bea.token, password, 'known to Ada as well')
    const cora = await makeManager('Cora', bea)
    await refusalOf(id, cora)
    // Nor does the approver’s own: it replaced one that Ada can have had from Bea.
    await setOwnPassword(cora.token, password, 'known to nobody but Cora')
    await refusalOf(id, cora)
    expect((await confirm(cora.id, await now(), (await seeded('Suri')).token)).status).toBe(200)
    expect((await approve(id, cora.token)).status).toBe(200)
  })

  it('is refused over a third administrator', async () => {
    const bert = await newAdmin('Bert', cast.ada)
    const cleo = await newAdmin('Cleo', bert)
    const dora = await makeManager('Dora', cleo)
    const id = await submit(cast.ada.token)
    expect(await refusalOf(id, dora)).toMatch(
      /: Cleo, who .*, was given their account by Bert \(.*\), who was given their account by Ada \(/,
    )
    await giveUp(id)
  })

  it('is refused to a deputy of long standing whom the second administrator has put into the pod', async () => {
    const bill = await newAdmin('Bill', cast.ada)
    const otto = await service.signIn('otto@example.org')
    await setOwnPassword(otto.accessToken, password, 'known to nobody but Otto')
    expect((await confirm(cast.otto.id, await now(), (await seeded('Sina')).token)).status).toBe(200)
    const deputyIds = [cast.otto.id]
    await service.api('PATCH', '/api/pods/payments', { token: bill.token, body: { deputyIds } })
    const id = await submit(cast.ada.token)
    expect(await refusalOf(id, { token: otto.accessToken })).toMatch(
      /^You cannot approve requests of Ada: Bill, who made you deputy of the pod \(PodDeputyAdded, [^)]*\), was given/,
    )
    // Ada never knew what this one replaces.
    await setOwnPassword(otto.accessToken, 'known to nobody but Otto', 'another of Otto alone')
    expect((await approve(id, otto.accessToken)).status).toBe(200)
  })

  it('is not helped by what the second administrator, or the third, confirms', async () => {
    const boris = await newAdmin('Boris', cast.ada)
    const clara = await newAdmin('Clara', boris)
    const dan = await makeManager('Dan', cast.ada)
    await setOwnPassword(boris.token, password, 'known to nobody but Boris')
    await setOwnPassword(dan.token, password, 'known to nobody but Dan')
    const id = await submit(cast.ada.token)
    for (const [whom, who] of [
      [boris.id, clara.token],
      [clara.id, boris.token],
      [dan.id, boris.token],
      [dan.id, clara.token],
    ] as const)
      expect((await confirm(whom, await now(), who)).status).toBe(200)
    expect(await refusalOf(id, dan)).toMatch(/^You cannot approve requests of Ada, who gave you this account/)
    const sky = await seeded('Sky')
    expect((await confirm(boris.id, await now(), sky.token)).status).toBe(200)
    // What Boris confirmed before was confirmed when he was not independent.
    await refusalOf(id, dan)
    expect((await confirm(dan.id, await now(), boris.token)).status).toBe(200)
    expect((await approve(id, dan.token)).status).toBe(200)
  })

  it('is refused over the password of an independent administrator that they have reset', async () => {
    const sam = await seeded('Sam')
    const eve = await makeManager('Eve', sam)
    const before = await submit(cast.ada.token)
    expect((await approve(before, eve.token)).status).toBe(200)

    const reset = { password: 'known to Ada and to nobody else' }
    await service.api('PATCH', `/api/users/${sam.id}`, { token: cast.ada.token, body: reset })
    const { body } = await service.api<Session>('POST', '/api/auth/login', {
      body: { email: sam.email, ...reset },
    })
    const asSam = { token: body.accessToken }
    const fay = await makeManager('Fay', asSam)
    const gil = await makeManager('Gil', cast.ada)
    expect((await confirm(gil.id, await now(), asSam.token)).status).toBe(200)
    const id = await submit(cast.ada.token)
    await lead(fay.id, asSam)
    expect(await refusalOf(id, fay)).toMatch(
      /^You cannot approve requests of Ada: Sam, who .*, was given their password by Ada \(UserPasswordChanged, /,
    )
    await lead(gil.id, cast.ada)
    expect(await refusalOf(id, gil)).toMatch(/^You cannot approve requests of Ada, who gave you this account/)
    // Whom Sam had made before that is nobody’s but Sam’s: but Sam would have to put her into the pod again.
    await lead(eve.id, asSam)
    expect(await refusalOf(id, eve)).toMatch(/^You cannot approve requests of Ada: Sam, who made you manager/)
    const sol = await seeded('Sol')
    await lead(fay.id, sol)
    await lead(eve.id, sol)
    expect((await approve(id, eve.token)).status).toBe(200)
  })

  it('is the same whoever of them asks: the second administrator’s is approved by those of the first', async () => {
    const beth = await newAdmin('Beth', cast.ada)
    const hal = await makeManager('Hal', cast.ada)
    expect((await approve(await submit(beth.token), hal.token)).status).toBe(200)
    const ida = await makeManager('Ida', beth)
    const id = await submit(beth.token)
    expect(await refusalOf(id, ida)).toMatch(
      /^You cannot approve requests of Beth, who gave you this account/,
    )
    await setOwnPassword(ida.token, password, 'known to nobody but Ida')
    expect((await confirm(ida.id, await now(), cast.ada.token)).status).toBe(200)
    expect((await approve(id, ida.token)).status).toBe(200)
  })
})

describe('a role that may never do it', () => {
  it.each(['approve', 'reject', 'settle'])('is told the same for every id: %s', async (action) => {
    const { token } = cast.dana
    const ids = [
      await submit(cast.grace.token),
      await submit(token),
      '00000000-0000-4000-8000-000000000000',
      'no-id',
    ]
    const answers = await Promise.all(
      ids.map((id) => service.api<Problem>('POST', `/api/requests/${id}/${action}`, { token, body: {} })),
    )
    const plain = answers.map(({ status, body }) => JSON.stringify([status, { ...body, requestId: '' }]))
    expect(new Set(plain).size).toBe(1)
    expect(answers[0]?.status).toBe(403)
  })

  it('is told the same of another pod’s request as of none', async () => {
    const id = await submit(cast.dana.token)
    const ask = async (one: string) => {
      const { status, body } = await approve(one, cast.otto.token)
      return [status, { ...body, requestId: '' }]
    }
    expect(await ask(id)).toEqual(await ask('00000000-0000-4000-8000-000000000000'))
  })
})
