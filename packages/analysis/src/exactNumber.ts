/** The double of a decimal text when it is shown as the same number, else null. */
export function exactDouble(text: string): number | null {
  const wanted = decimalOf(text)
  const value = Number(text)
  if (!wanted || !Number.isFinite(value)) return null
  const shown = decimalOf(String(value))
  return shown?.digits === wanted.digits && shown.exponent === wanted.exponent ? value : null
}

/** Significant digits and the power of ten after them: equal numbers have equal ones. */
export function decimalOf(text: string): { digits: string; exponent: number } | null {
  const found = /^[+-]?(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!found || ((found[1] ?? '') === '' && (found[2] ?? '') === '')) return null
  const [, whole = '', fraction = '', power = '0'] = found
  const led = `${whole}${fraction}`.replace(/^0+/, '')
  let end = led.length
  while (end > 0 && led[end - 1] === '0') end -= 1
  if (end === 0) return { digits: '', exponent: 0 }
  return { digits: led.slice(0, end), exponent: Number(power) - fraction.length + (led.length - end) }
}
