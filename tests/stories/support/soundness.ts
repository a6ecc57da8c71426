import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

interface Look {
  colorScheme: 'light' | 'dark'
  width: number
  height: number
}
const desk = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }

/** Each page is looked at in all of them. */
export const everyLook: Look[] = [
  { colorScheme: 'light', ...desk },
  { colorScheme: 'light', ...phone },
  { colorScheme: 'dark', ...phone },
  { colorScheme: 'dark', ...desk },
]
/** Each theme and each size once: enough for a dialog over a page. */
export const twoLooks: Look[] = [
  { colorScheme: 'light', ...desk },
  { colorScheme: 'dark', ...phone },
]
const mostElements = 2000

/** Accessible by axe, one heading, a title, no sideways scrolling, not too many elements. */
export async function expectSound(page: Page, looks: Look[]): Promise<void> {
  for (const { colorScheme, width, height } of looks) {
    const look = `${colorScheme}, ${width} px`
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height })
    await page.waitForFunction(
      (dark) => document.documentElement.classList.contains('dark') === dark,
      colorScheme === 'dark',
    )
    await page.waitForFunction(animationsEnded)
    const { violations } = await new AxeBuilder({ page })
      .setLegacyMode()
      .options({ resultTypes: ['violations'] })
      .analyze()
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n    ')}`)
    expect(found, `axe: ${look}`).toEqual([])
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    const higher = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight)
    const headings = await page.locator('h1').count()
    const elements = await page.locator('*').count()
    expect(headings, `headings of the first level: ${look}`).toBe(1)
    expect(elements, `elements: ${look}`).toBeLessThan(mostElements)
    expect(higher, `pixels by which the document is higher than the window: ${look}`).toBeLessThanOrEqual(0)
    expect(overflow, `sideways scrolling: ${look}`).toBeLessThanOrEqual(0)
    await expect(page, look).toHaveTitle(/.+ - SRE Portal$/)
  }
}

/** Runs in the page: colours that still fade would be measured as they are. */
const animationsEnded = () =>
  document
    .getAnimations()
    .every(
      ({ playState, effect }) =>
        playState !== 'running' || effect?.getComputedTiming().iterations === Infinity,
    )
