/** What people paste that is not SQL, or not what it looks like: named for what it is, with what to write instead. */

// Quotation marks, blanks and format characters that PostgreSQL reads as letters of a name.
const lookalikes: [pattern: RegExp, words: (mark: string) => string][] = [
  [
    /[\u2018\u2019\u201a\u201b\u2032\u00b4\uff07\u2039\u203a]/u,
    (mark) => `${mark} is a typographic mark, which PostgreSQL reads as a letter. Write ' for a text.`,
  ],
  [
    /[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02]/u,
    (mark) =>
      `${mark} is a typographic mark, which PostgreSQL reads as a letter. Write ' for a text, " for a name.`,
  ],
  [
    /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u,
    (mark) => `${mark} looks like a blank, but PostgreSQL reads it as a letter. Write an ordinary blank.`,
  ],
  [
    /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/u,
    (mark) => `${mark} is invisible, and PostgreSQL reads it as a letter. Remove it.`,
  ],
  [
    /[\u2010-\u2015\u2212]/u,
    (mark) =>
      `${mark} is a typographic dash, which PostgreSQL reads as a letter. Write - (or -- before a comment).`,
  ],
  [
    /[\uff08\uff09\uff0c\uff1b\uff1d\uff1a\u2026\u2260\u2264\u2265]/u,
    (mark) => `${mark} is not a sign of SQL, PostgreSQL reads it as a letter. Write the ASCII characters.`,
  ],
]

const anyLookalike = new RegExp(lookalikes.map(([pattern]) => pattern.source).join('|'), 'u')

/** The first character of an unquoted name that only looks like a sign of SQL: its place in the name, and words. */
export function lookalikeIn(name: string): { index: number; message: string } | null {
  const found = anyLookalike.exec(name)
  if (!found) return null
  const [mark] = found
  const words = lookalikes.find(([pattern]) => pattern.test(mark))?.[1]
  return words ? { index: found.index, message: words(nameOf(mark)) } : null
}

function nameOf(mark: string): string {
  const code = `U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  return /[\p{Z}\p{Cf}]/u.test(mark) ? code : `${mark} (${code})`
}

const notations: [pattern: RegExp, words: string][] = [
  [
    /^\\/,
    'A backslash begins a command of psql, which the server does not know. Write SQL: for \\d select from information_schema.columns, for \\dt from information_schema.tables, for \\copy use SELECT or INSERT.',
  ],
  [
    /^\{\{|^\$\{|^#\{|^<%|^%\(/,
    'This is a placeholder of a template that was not filled in. Write the value itself.',
  ],
  [/^:[A-Za-z_]/, 'Named parameters (:name) are not filled in. Write the value itself.'],
  [/^\?/, 'Parameters (?) are not filled in. Write the value itself.'],
  [/^%[sd]\b/, 'Parameters (%s) are not filled in. Write the value itself.'],
  [/^`/, 'A backtick quotes names in MySQL; PostgreSQL quotes them with ".'],
  [/^#/, 'PostgreSQL has no comments with #. Write -- or /* */.'],
  [/^\[/, 'Brackets quote names in SQL Server; PostgreSQL quotes them with ".'],
  [/^go\b/i, 'GO belongs to the tools of SQL Server. End each statement with a semicolon.'],
  [/^delimiter\b/i, 'DELIMITER belongs to the tools of MySQL. End each statement with a semicolon.'],
]

// Signs that the parser takes for operators, so that it stumbles only behind them.
const behind = [/\?\s*$/, /`[^`\n]*`?\s*$/]

/** What stands where the parser stumbled, when that is known from elsewhere: its offset, and words. */
export function notationAt(content: string, stumbled: number): { offset: number; message: string } | null {
  const before = content.slice(0, stumbled)
  const offsets = [stumbled, ...behind.flatMap((pattern) => pattern.exec(before)?.index ?? [])]
  for (const offset of offsets) {
    const rest = content.slice(offset, offset + 100)
    const message = notations.find(([pattern]) => pattern.test(rest))?.[1]
    if (message) return { offset, message }
  }
  return null
}

/** The words for `$1` in a query, which has nothing to put in its place. */
export const noParameters = (number: number) =>
  `There is no value for $${number}: a query has no parameters. Write the value itself, or submit a script, whose db.query takes values.`
