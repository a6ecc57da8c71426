import { expect, test } from 'vitest'
import { parseShell } from '../mongo/shellParser.ts'
import { parseScript } from '../script/scriptText.ts'

const errorOf = (parsed: object) =>
  'error' in parsed ? (parsed.error as { message: string; line: number }) : null

test.each([
  ['<!--', 'db.orders.deleteMany({ status: "old"\n<!-- , at: { $lt: ISODate("2020-01-01") }\n})', 2],
  ['-->', 'db.orders.deleteMany({ status: "old"\n--> , at: { $lt: ISODate("2020-01-01") }\n})', 2],
  ['-->', '/* old ones */ --> db.orders.find({})\ndb.orders.drop()', 1],
  ['<!--', 'db.orders.find({}) <!-- db.orders.drop()', 1],
  ['<!--', 'use shop\ndb.orders.find({})\n<!-- db.orders.drop()', 3],
])('%s hides nothing of a query: %j', (mark, content, line) => {
  expect(errorOf(parseShell(content, 'shop'))).toMatchObject({
    line,
    message: `${mark} would begin a comment here: write // for one, or a blank between the operators.`,
  })
})

test.each([
  ['<!--', 'const old = 1\n<!-- return old\nawait db.query("delete from orders")', 2],
  ['<!--', 'let a = 2, b = 1; return a <!--b', 1],
  ['-->', 'await db.query("delete from orders")\n  --> where at < now()', 2],
])('%s hides nothing of a script: %j', (mark, content, line) => {
  expect(errorOf(parseScript(content))).toMatchObject({
    line,
    message: `${mark} would begin a comment here: write // for one, or a blank between the operators.`,
  })
})

test.each([
  'let n = 3; while (n --> 0) await db.query("select 1")',
  'return "<!-- a page -->" + `\n-->`',
  '// <!-- a page -->\nreturn /<!--/.test("x")',
  '/*\n--> */ return 1',
  'let a = 2, b = 1; return a < !--b',
])('what is no comment stays what it is: %j', (content) => {
  expect(parseScript(content)).toEqual({ accepted: true })
})

test('a text of a query may hold both', () => {
  expect(parseShell('db.pages.find({ body: "<!-- a page -->" }) // <!-- x -->', 'shop')).toMatchObject({
    statements: [{ offset: 0 }],
  })
})

test.each([
  ['db.orders.find({}) // all of them\u2028db.orders.drop()', 34],
  ['db.orders.find({}) // all of them\u2029db.orders.drop()', 34],
  ['db.orders.find({\u2028})', 17],
])('a line end that is not seen is refused in a query: %j', (content, position) => {
  const parsed = parseShell(content, 'shop')
  expect(errorOf(parsed)).toMatchObject({ position, message: expectedOf(content) })
})

test.each([
  ['return 1 // and no more\u2028+ await drop()', 24],
  ['return\u2028 await db.query("select 1")', 7],
  ['const a = "\u2028" // x\u2029await drop()', 19],
])('a line end that is not seen is refused in a script: %j', (content, position) => {
  expect(errorOf(parseScript(content))).toMatchObject({ position, message: expectedOf(content, position) })
})

test.each(['return "a\u2028b"', 'return `a\u2028${1}\u2029b`', '/* a\u2028b */ return 1'])(
  'in texts and comments of several lines it stays: %j',
  (content) => {
    expect(parseScript(content)).toEqual({ accepted: true })
  },
)

function expectedOf(content: string, position = content.search(/[\u2028\u2029]/) + 1): string {
  const code = content.charCodeAt(position - 1).toString(16)
  return `U+${code} ends the line here, and is not seen as that: write an ordinary line break.`
}
