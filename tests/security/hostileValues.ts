/** Texts that nobody types into a form, and that something behind it may stumble over. */
export const hostileTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\u001b[31mred',
  'a\r\nSet-Cookie: x=1',
  '\ud800',
  '\udc00x',
  '\u202edlrow',
  '\u200b',
  '\u2800',
  '\ufeff',
  '\uffff',
  'ﬃ℀＠',
  "' or 1=1 --",
  '"; drop table record.results; --',
  '%00',
  '%',
  '_',
  '\\',
  '../../etc/passwd',
  '<img src=x onerror=alert(1)>',
  '{{7*7}}',
  '${7*7}',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'NaN',
  '-1',
  '1e309',
  '9'.repeat(400),
  '9223372036854775808',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '-271821-04-20T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(100_000),
]

/** Holds something that no text of the portal may hold: NUL and its like are refused wherever text is taken. */
export const isUnprintable = (text: string) => /(?![\t\n\r])[\p{Cc}\p{Surrogate}]/u.test(text)

/** What stands where a text, a number or a list is expected. */
export const hostileValues: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  1e300,
  [],
  ['x'],
  [null],
  {},
  { $ne: null },
  { length: 3 },
  { toString: 'x' },
  ...hostileTexts,
]

/** Parts of a path, as they travel: what they say is no id of anything. */
export const hostileSegments = [
  '%00',
  '%ff',
  '%zz',
  '%',
  '%2e%2e',
  '%2F',
  'a%2Fb',
  '%0d%0aSet-Cookie:%20x=1',
  '%F0%9F%92%A9',
  '%ed%a0%80',
  '%27%20or%201=1%20--',
  '__proto__',
  'Constructor',
  '0',
  '-1',
  '{id}',
  '*',
  ':id',
  'x'.repeat(4_000),
  '7a6f4a52-3a5e-4f63-9a3c-0b7a5b0f3d11%00',
  '7a6f4a52-3a5e-4f63-9a3c-0b7a5b0f3d11%0a',
  '7a6f4a52-3a5e-4f63-9a3c-0b7a5b0f3d1',
  '7A6F4A52-3A5E-4F63-9A3C-0B7A5B0F3D11',
]

type Path = (string | number)[]

/** Every place of a value that holds something: fields, elements, and the objects and lists themselves. */
export function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const inner = Object.entries(value).flatMap(([key, one]) =>
    placesIn(one, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return path.length === 0 ? inner : [path, ...inner]
}

/** A copy of the value with something else at one place. */
export function withAt(value: unknown, path: Path, other: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return other
  if (Array.isArray(value))
    return value.map((one: unknown, index) => (index === key ? withAt(one, rest, other) : one))
  const fields = value as Record<string, unknown>
  return { ...fields, [key]: withAt(fields[key], rest, other) }
}

/** Copies of the value in each of whose objects, at any depth, a field stands that nobody knows. */
export function withUnknownField(value: unknown, name: string, extra: unknown): unknown[] {
  const objects: Path[] = [[], ...placesIn(value)].filter((path) => isObject(at(value, path)))
  return objects.map((path) =>
    withAt(value, path, {
      ...(at(value, path) as object),
      [name]: extra,
    }),
  )
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value)
