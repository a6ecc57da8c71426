import type { RebuildProgress } from './rebuild.ts'

const width = 30

/** One line of text for a rebuild's progress. */
export function progressLine({ position, head, events }: RebuildProgress): string {
  const share = head === 0n ? 1 : Number((position * 1000n) / head) / 1000
  const filled = Math.round(share * width)
  const percent = `${Math.floor(share * 100)}`.padStart(3)
  return `[${'='.repeat(filled)}${' '.repeat(width - filled)}] ${percent} %  ${events.toLocaleString('en-US')} events`
}

/** Draws the line in place on a terminal; into a file it writes one line each tenth. */
export function progressBar(out: NodeJS.WriteStream): {
  show: (progress: RebuildProgress) => void
  end: () => void
} {
  let lastTenth = -1
  return {
    show(progress) {
      const tenth = progress.head === 0n ? 10 : Number((progress.position * 10n) / progress.head)
      if (out.isTTY) out.write(`\r${progressLine(progress)}`)
      else if (tenth > lastTenth) out.write(`${progressLine(progress)}\n`)
      lastTenth = tenth
    },
    end: () => void (out.isTTY && out.write('\n')),
  }
}
