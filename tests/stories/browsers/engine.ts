/** What a check may do with a browser, whichever engine it has. */
export interface Engine {
  name: string
  open: (url: string) => Promise<void>
  /** Value of a JavaScript expression in the page, awaited when it is a promise; as JSON. */
  evaluate: (expression: string) => Promise<unknown>
  /** Input as a person gives it, in the form of the WebDriver standard. */
  perform: (sequences: InputSequence[]) => Promise<void>
  resize: (width: number, height: number) => Promise<void>
  screenshot: () => Promise<Buffer>
  close: () => Promise<void>
}

export type InputSequence =
  | { type: 'key'; id: string; actions: { type: 'keyDown' | 'keyUp'; value: string }[] }
  | { type: 'pointer'; id: string; actions: PointerAction[] }
  | { type: 'wheel'; id: string; actions: WheelAction[] }
export interface PointerMove {
  type: 'pointerMove'
  x: number
  y: number
}
export type PointerAction = PointerMove | { type: 'pointerDown' | 'pointerUp'; button: number }
interface WheelAction {
  type: 'scroll'
  x: number
  y: number
  deltaX: number
  deltaY: number
}

/** Keys that are no characters, by the WebDriver standard. */
export const keys = {
  Tab: '\uE004',
  Enter: '\uE007',
  Control: '\uE009',
  Escape: '\uE00C',
  End: '\uE010',
  ArrowDown: '\uE015',
} as const
