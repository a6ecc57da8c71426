import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  completionStatus,
} from '@codemirror/autocomplete'
import { completeByTab } from './completeByTab.ts'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { json } from '@codemirror/lang-json'
import { PostgreSQL, sql } from '@codemirror/lang-sql'
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from '@codemirror/language'
import { lintGutter, linter } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import { codeAppearance } from './codeTheme.ts'
import { findingsOf } from './lint.ts'
import { hiddenCharacterMarks } from './hiddenCharacterMarks.ts'
import { errorMarks, showErrorAt } from './errorMarks.ts'
import { typeOverSelection } from './typeOverSelection.ts'
import { measureAgain } from './measureAgain.ts'
import { lineEndsAsTheyAre, lineEndsExtension } from './lineEnds.ts'
import { styleNonce } from '../styleNonce.ts'
import type { CodeLanguage } from './codeLanguage.ts'

const languages: Record<CodeLanguage, () => Extension> = {
  sql: () => sql({ dialect: PostgreSQL, upperCaseKeywords: true }),
  javascript: () => javascript(),
  mongo: () => javascript(),
  json: () => json(),
}

interface EditorOptions {
  parent: HTMLElement
  text: string
  language: CodeLanguage
  words: EditorWords
  onChange(text: string): void
}

/** What the field is called, and what stands in it while it is empty. */
export interface EditorWords {
  label: string
  placeholder: string
  describedBy: string
}

/** An editor to write in. Tab leaves the field after Escape, so that the keyboard is never caught. */
export function createEditor(options: EditorOptions) {
  const languagePart = new Compartment()
  const wordsPart = new Compartment()
  const lineEndsPart = new Compartment()
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorView.cspNonce.of(styleNonce),
        lineNumbers(),
        history(),
        drawSelection(),
        typeOverSelection,
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        // Nothing is chosen until the person chooses: Enter is a line break, whatever is offered.
        autocompletion({ activateOnTypingDelay: 250, icons: false, selectOnOpen: false }),
        highlightActiveLine(),
        highlightSelectionMatches(),
        search({ top: true }),
        lintGutter(),
        languagePart.of(languageExtensions(options.language)),
        lineEndsPart.of(lineEndsExtension(options.text)),
        hiddenCharacterMarks,
        wordsPart.of(wordsExtensions(options.words)),
        codeAppearance,
        measureAgain,
        EditorView.contentAttributes.of({ 'aria-multiline': 'true', spellcheck: 'false' }),
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter'),
          ...searchKeymap,
          ...historyKeymap,
          ...completionKeymap,
          completeByTab,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.sliceDoc())
          // It opens with a delay, and the person may have gone on to another field.
          if (!update.view.hasFocus && completionStatus(update.state) !== null)
            queueMicrotask(() => closeCompletion(update.view))
        }),
      ],
    }),
  })
  return {
    setText(text: string) {
      if (text === view.state.sliceDoc()) return
      view.dispatch({ effects: lineEndsPart.reconfigure(lineEndsExtension(text)) })
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
    },
    setLanguage: (language: CodeLanguage) =>
      view.dispatch({ effects: languagePart.reconfigure(languageExtensions(language)) }),
    setWords: (words: EditorWords) =>
      view.dispatch({ effects: wordsPart.reconfigure(wordsExtensions(words)) }),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  }
}

const wordsExtensions = (words: EditorWords): Extension => [
  placeholder(words.placeholder),
  EditorView.contentAttributes.of({ 'aria-label': words.label, 'aria-describedby': words.describedBy }),
]

const languageExtensions = (language: CodeLanguage): Extension => [
  languages[language](),
  linter((view) => findingsOf(view.state, language), { delay: 400 }),
]

interface ViewOptions {
  parent: HTMLElement
  text: string
  language: CodeLanguage
  label: string
}

/** Text to read and copy, exactly as it will run. */
export function createCodeView(options: ViewOptions) {
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorView.cspNonce.of(styleNonce),
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        lineNumbers(),
        foldGutter({ openText: '⌄', closedText: '›' }),
        languages[options.language](),
        lineEndsAsTheyAre,
        hiddenCharacterMarks,
        errorMarks,
        codeAppearance,
        measureAgain,
        EditorView.contentAttributes.of({
          'aria-label': options.label,
          'aria-readonly': 'true',
          role: 'textbox',
          'aria-multiline': 'true',
          tabindex: '0',
        }),
        keymap.of([...foldKeymap, ...searchKeymap]),
        search({ top: true }),
      ],
    }),
  })
  return {
    setText: (text: string) =>
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    showError: (offset: number | null) => showErrorAt(view, offset),
    reveal: (offset: number) =>
      view.dispatch({ effects: EditorView.scrollIntoView(offset, { y: 'center' }) }),
    destroy: () => view.destroy(),
  }
}
