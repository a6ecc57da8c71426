import { expect, it } from 'vitest'
import { lastingCall } from './lastingEffects.ts'

const moves = 'nextval() moves a sequence, and no rollback moves it back.'

it.each([
  ["nextval('s'::regclass)"],
  ['CHECK ((id > nextval(s)))'],
  ['NextVal \n\t (s)'],
  ['"nextval"(s)'],
  ['pg_catalog."nextval" (s)'],
  ['1nextval(s)'],
  ['lower(a) || nextval(s)'],
  ["('\"'::text || nextval(s))"],
  // What a name ends with counts as the worst case too.
  ['my$nextval(s)'],
  ['änextval(s)'],
  ['"my nextval"(s)'],
])('finds the call in %s', (text) => expect(lastingCall(text)).toBe(moves))

it.each([
  [''],
  ['nextval'],
  ["'nextval'::text"],
  ['nextval + (1)'],
  ['nextvals(s)'],
  ['mynextval(s)'],
  ['my_nextval(s)'],
  ['nextval2(s)'],
  ['nextval$(s)'],
  ['nextvalä(s)'],
  ['(nextval)'],
  ['lower(name)'],
])('finds none in %s', (text) => expect(lastingCall(text)).toBeNull())

it('finds what runs a text that is given to it', () =>
  expect(lastingCall("query_to_xml('select 1'::text, true, true, ''::text)")).toBe(
    'query_to_xml() may run a query that is given to it as text.',
  ))

it.each([['a'], ['1'], ['a '], ['a"'], ['a1'], ['_'], [' '], ['ä'], ['a$']])(
  'reads 200,000 characters of %j within a quarter of a second',
  (part) => {
    const text = `${part.repeat(100_000)} nextval(s)`
    const startedAt = performance.now()
    expect(lastingCall(text)).toBe(moves)
    expect(performance.now() - startedAt).toBeLessThan(250)
  },
)
