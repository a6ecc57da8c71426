import { EditorState, type Extension } from '@codemirror/state'

/**
 * Keeps every character of the text: only line feeds end a line, and a carriage return before one stays the last character of its
 * line. The editor's own way would be to make all line ends alike, and then another text would be hashed, approved and sent.
 */
export const lineEndsAsTheyAre: Extension = EditorState.lineSeparator.of('\n')

/** For writing: a text whose lines all end with CRLF goes on with CRLF; in any other text each line end stays what it is. */
export function lineEndsExtension(text: string): Extension {
  const lineFeeds = text.split('\n').length - 1
  const pairs = text.split('\r\n').length - 1
  const returns = text.split('\r').length - 1
  return pairs > 0 && pairs === lineFeeds && pairs === returns
    ? EditorState.lineSeparator.of('\r\n')
    : lineEndsAsTheyAre
}
