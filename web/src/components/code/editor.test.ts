import { EditorView } from '@codemirror/view'
import { afterEach, expect, it, vi } from 'vitest'
import { createCodeView, createEditor } from './editor.ts'

const words = { label: 'SQL query', placeholder: '', describedBy: '' }
const opened: { destroy(): void }[] = []
afterEach(() => {
  for (const each of opened.splice(0)) each.destroy()
  document.body.replaceChildren()
})

function editing(text: string) {
  const parent = document.body.appendChild(document.createElement('div'))
  const onChange = vi.fn<(text: string) => void>()
  const editor = createEditor({ parent, text, language: 'sql', words, onChange })
  opened.push(editor)
  const view = EditorView.findFromDOM(parent)
  if (!view) throw new Error('there is no editor')
  const typed = (insert: string) =>
    view.dispatch({
      changes: { from: view.state.doc.length, insert },
      selection: { anchor: view.state.doc.length + insert.length },
      userEvent: 'input.type',
    })
  const press = (key: string) =>
    view.contentDOM.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  return { editor, view, onChange, typed, press, told: () => onChange.mock.lastCall?.[0] }
}

it('keeps CRLF in what is written, read and pasted', () => {
  const { editor, view, typed, press, told } = editing('select 1\r\nfrom a')
  typed(' b')
  press('Enter')
  expect(told()).toBe('select 1\r\nfrom a b\r\n')
  editor.setText('select 2\nfrom c')
  typed(' d')
  expect(told()).toBe('select 2\nfrom c d')
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: 'one\r\ntwo\nthree\rfour' } })
  expect(told()).toBe('one\r\ntwo\nthree\rfour')
})

it('marks the place of an error behind emoji and CRLF, and shows a carriage return alone', () => {
  const parent = document.body.appendChild(document.createElement('div'))
  const text = "select '🙂';\r\n-- a\rb\r\nselect nothere"
  const view = createCodeView({ parent, text, language: 'sql', label: 'Query' })
  opened.push(view)
  view.showError(text.indexOf('nothere'))
  expect(parent.querySelector('.cm-error-mark')?.textContent).toBe('nothere')
  expect([...parent.querySelectorAll('.cm-hidden-character')].map((sign) => sign.textContent)).toEqual([
    'U+000D',
  ])
})
