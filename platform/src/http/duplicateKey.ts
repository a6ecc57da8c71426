/**
 * The first key that stands twice in one object of a JSON text, or null. Two readers of such a text see two different bodies (RFC 8259, 4),
 * so it is refused. Reads the text once; what is no JSON is left to the parser.
 */
export function duplicateKey(text: string): string | null {
  const open: (Set<string> | null)[] = []
  let awaitsKey = false
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '{':
        open.push(new Set())
        awaitsKey = true
        break
      case '[':
        open.push(null)
        awaitsKey = false
        break
      case '}':
      case ']':
        open.pop()
        awaitsKey = false
        break
      case ',':
        awaitsKey = open.at(-1) != null
        break
      case '"': {
        const end = endOfString(text, at)
        if (end < 0) return null
        const keys = open.at(-1)
        if (awaitsKey && keys) {
          const key = readString(text.slice(at, end + 1))
          if (key !== null && keys.has(key)) return key
          if (key !== null) keys.add(key)
        }
        awaitsKey = false
        at = end
      }
    }
  }
  return null
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return end
  }
  return -1
}

function readString(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return null
  }
}
