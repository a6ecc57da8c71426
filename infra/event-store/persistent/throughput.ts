/** Counts items, in total and since somebody asked last. */
export class Throughput {
  private total = 0
  private totalBefore = 0
  private askedAtMs = Date.now()

  count(): void {
    this.total++
  }

  measure(nowMs: number): { total: number; sinceLast: number; perSecond: number } {
    const sinceLast = this.total - this.totalBefore
    const seconds = Math.max(0.001, (nowMs - this.askedAtMs) / 1000)
    this.totalBefore = this.total
    this.askedAtMs = nowMs
    return { total: this.total, sinceLast, perSecond: Math.round(sinceLast / seconds) }
  }
}
