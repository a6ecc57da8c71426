/** Prints figures as they are measured, and remembers whether all targets are met. */
export class Report {
  isMet = true
  private readonly print: (line: string) => void

  constructor(print: (line: string) => void, heading: string) {
    this.print = print
    print(heading)
  }

  ratio(what: string, own: number, postgres: number, target: number): void {
    const ratio = own / postgres
    const figures = `${perSecondText(own)} | ${perSecondText(postgres)} | ${ratio.toFixed(2)} | ${target}`
    this.line(`${what} | ${figures}`, ratio >= target)
  }

  limit(what: string, value: number, target: number, unit: string): void {
    this.line(
      `${what} | ${value.toFixed(value < 10 ? 2 : 0)} ${unit} | | | <= ${target} ${unit}`,
      value <= target,
    )
  }

  note(text: string): void {
    this.print(text)
  }

  private line(text: string, isMet: boolean): void {
    this.isMet &&= isMet
    this.print(`${text} | ${isMet ? 'met' : 'not met'}`)
  }
}

export function perSecondText(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')}/s`
}
