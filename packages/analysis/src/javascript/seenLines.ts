import { tokTypes, type Options, type Token } from 'acorn'

/** V8 has these two from the pages of the nineties: nobody who reads a text takes them for the beginning of a comment. */
const marksOfHtml = /^(?:<!--|-->)/
/** They end a line, and with it a comment, for JavaScript; an editor shows what follows on the same line. */
const unseenLineEnds = /[\u2028\u2029]/g

interface Range {
  start: number
  end: number
}

/** Listens to a parser for what would make code of what looks like a comment, or a comment of what looks like code. */
export function watchLines(content: string, { onToken }: Options) {
  // Within texts and comments of several lines they end nothing.
  const harmless: Range[] = []
  const hasUnseen = content.search(unseenLineEnds) >= 0
  const listeners: Pick<Options, 'onComment' | 'onToken'> = {
    onComment: (isBlock, _text, start, end) => {
      const [mark] = marksOfHtml.exec(content.slice(start, start + 4)) ?? []
      if (mark !== undefined)
        throw refusal(
          `${mark} would begin a comment here: write // for one, or a blank between the operators.`,
          start,
        )
      if (isBlock && hasUnseen) harmless.push({ start, end })
    },
    onToken: (token: Token) => {
      const isText = token.type === tokTypes.string || token.type === tokTypes.template
      if (isText && hasUnseen) harmless.push({ start: token.start, end: token.end })
      if (typeof onToken === 'function') onToken(token)
    },
  }
  return {
    listeners,
    /** @throws SyntaxError with `pos` */
    ensureSeen(): void {
      const ranges = harmless.toSorted((one, other) => one.start - other.start)
      let at = 0
      for (const { index, 0: character } of content.matchAll(unseenLineEnds)) {
        while ((ranges[at]?.end ?? Infinity) <= index) at += 1
        if ((ranges[at]?.start ?? Infinity) <= index) continue
        const code = `U+${(character.codePointAt(0) ?? 0).toString(16)}`
        throw refusal(
          `${code} ends the line here, and is not seen as that: write an ordinary line break.`,
          index,
        )
      }
    },
  }
}

const refusal = (message: string, pos: number) => Object.assign(new SyntaxError(message), { pos })
