const firstStrongIsolate = '\u2068'
const endOfIsolate = '\u2069'
/** Hebrew, Arabic and the other scripts that are written from right to left. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * People's words within a sentence of ours, where no `<bdi>` can stand: in titles, tooltips and short messages. What is written from right to
 * left can then move no word around it; anything else is left as it is.
 */
export const isolated = (text: string): string =>
  rightToLeft.test(text) ? firstStrongIsolate + text + endOfIsolate : text
