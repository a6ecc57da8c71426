import { syntaxTree } from '@codemirror/language'
import type { Diagnostic } from '@codemirror/lint'
import type { EditorState } from '@codemirror/state'
import type { CodeLanguage } from './codeLanguage.ts'
import { findHiddenCharacters } from './hiddenCharacters.ts'
import { findSqlFaults } from './sqlFaults.ts'

const mostFindings = 20

/** What can be known while typing, without a database: broken syntax and characters that can't be seen. */
export function findingsOf(state: EditorState, language: CodeLanguage): Diagnostic[] {
  const text = state.doc.toString()
  const hidden = findHiddenCharacters(text).map((character): Diagnostic => ({
    from: character.index,
    to: character.index + character.length,
    severity: 'warning',
    message: character.name,
  }))
  const broken = language === 'sql' ? findSqlFaults(text) : syntaxFaults(state)
  // Each kind by itself: a text that is broken in many places must not push what is hidden in it out of the list.
  return [...broken.slice(0, mostFindings), ...hidden.slice(0, mostFindings)]
}

function syntaxFaults(state: EditorState): Diagnostic[] {
  const found: Diagnostic[] = []
  syntaxTree(state).iterate({
    enter(node) {
      if (node.type.isError && found.length < mostFindings) {
        const to = Math.min(state.doc.length, Math.max(node.to, node.from + 1))
        found.push({
          from: Math.min(node.from, to),
          to,
          severity: 'error',
          message: 'The syntax is broken here.',
        })
      }
    },
  })
  return found
}
