import { expect, it } from 'vitest'
import { z } from 'zod'
import { ApiError } from '../api/apiError.ts'
import { faultSentence } from './faultSentence.ts'
import { useFields } from './useFields.ts'

const schema = z.object({ name: z.string().min(1, 'Type a name.') })

it('does not send what is wrong, and says it at the field', async () => {
  const { errors, submit } = useFields(() => schema, { name: '' })
  let sent = 0
  expect(await submit(() => Promise.resolve((sent += 1)))).toBe(false)
  expect(sent).toBe(0)
  expect(errors.value).toEqual({ name: 'Type a name.' })
})

it('puts what the server finds wrong at the field, and keeps what was typed', async () => {
  const { state, errors, failure, submit } = useFields(() => schema, { name: 'orders' })
  const taken = new ApiError({
    code: 'conflict',
    status: 409,
    message: 'There is already one.',
    faults: [{ path: 'name', message: 'is taken by another instance' }],
  })
  expect(await submit(() => Promise.reject(taken))).toBe(false)
  expect(errors.value).toEqual({ name: 'Name is taken by another instance.' })
  expect(failure.value?.code).toBe('conflict')
  expect(state.name).toBe('orders')
})

it('sends once, however often it is pressed', async () => {
  const { submit } = useFields(() => schema, { name: 'orders' })
  let sent = 0
  const slow = () => new Promise((resolve) => setTimeout(resolve, 5)).then(() => (sent += 1))
  expect(await Promise.all([submit(slow), submit(slow), submit(slow)])).toEqual([true, false, false])
  expect(sent).toBe(1)
})

it('makes a sentence of a fault that names only what is wrong', () => {
  expect(faultSentence({ path: 'currentPassword', message: 'is wrong' })).toBe('Current password is wrong.')
  expect(faultSentence({ path: 'managerId', message: 'is not a manager' })).toBe('Manager is not a manager.')
  expect(faultSentence({ path: 'comment', message: 'Say why you need this.' })).toBe('Say why you need this.')
})
