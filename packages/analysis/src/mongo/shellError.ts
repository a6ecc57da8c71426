/** A piece of the shell's text, by offsets into it. */
export interface Placed {
  start: number
  end: number
}

/** A value that stands as an argument, with its place. */
export interface Argument {
  value: unknown
  place: Placed
}

/** Thrown for text that is not a query, with its place in the content; nothing has been sent then. */
export class ShellError extends Error {
  override readonly name = 'ShellError'
  readonly offset: number

  constructor(message: string, place: { start: number }) {
    super(message)
    this.offset = place.start
  }
}
