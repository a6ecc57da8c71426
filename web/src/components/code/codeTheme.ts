import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const colours = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.modifier],
    color: 'var(--code-keyword)',
  },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--code-number)' },
  {
    tag: [tags.comment, tags.lineComment, tags.blockComment],
    color: 'var(--code-comment)',
    fontStyle: 'italic',
  },
  { tag: [tags.typeName, tags.className, tags.standard(tags.name)], color: 'var(--code-type)' },
  { tag: [tags.function(tags.variableName), tags.propertyName], color: 'var(--code-name)' },
  { tag: tags.invalid, color: 'var(--ui-error)' },
])

const surface = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent', color: 'var(--ui-text-highlighted)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--font-mono)',
    lineHeight: '1.6',
    fontVariantLigatures: 'none',
    fontFeatureSettings: '"calt" 0, "liga" 0',
  },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--ui-primary)' },
  '.cm-line': { padding: '0 14px 0 8px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ui-text-dimmed)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 14px', minWidth: '38px' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': {
    backgroundColor: 'color-mix(in oklab, var(--ui-bg-elevated) 45%, transparent)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--ui-primary)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in oklab, var(--ui-primary) 24%, transparent)',
  },
  '.cm-placeholder': { color: 'var(--ui-text-dimmed)' },
  '.cm-matchingBracket': { backgroundColor: 'color-mix(in oklab, var(--ui-primary) 20%, transparent)' },
  '.cm-panels': {
    backgroundColor: 'var(--surface-sunken)',
    color: 'var(--ui-text)',
    fontFamily: 'var(--font-sans)',
  },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--ui-border)' },
  '.cm-panel.cm-search': {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: '6px 8px',
    padding: '8px 36px 8px 10px',
    fontSize: '12px',
  },
  '.cm-panel.cm-search br': { flexBasis: '100%', content: '""' },
  '.cm-panel.cm-search label': { display: 'inline-flex', alignItems: 'center', gap: '5px', fontSize: '12px' },
  '.cm-panel.cm-search input[type=checkbox]': { accentColor: 'var(--ui-primary)', margin: '0' },
  '.cm-panel.cm-search [name=close]': {
    top: '8px',
    right: '8px',
    width: '24px',
    height: '24px',
    fontSize: '18px',
  },
  '.cm-textfield': {
    border: '1px solid var(--ui-border-accented)',
    borderRadius: '6px',
    backgroundColor: 'var(--ui-bg)',
    color: 'var(--ui-text-highlighted)',
    padding: '4px 8px',
    margin: '0',
    fontSize: '12px',
  },
  '.cm-button': {
    border: '1px solid var(--ui-border-accented)',
    borderRadius: '6px',
    background: 'var(--ui-bg)',
    color: 'var(--ui-text)',
    padding: '4px 10px',
    margin: '0',
    fontSize: '12px',
  },
  '.cm-button:active': { background: 'var(--ui-bg-elevated)' },
  '.cm-searchMatch': { backgroundColor: 'color-mix(in oklab, var(--code-number) 30%, transparent)' },
  '.cm-searchMatch-selected': { backgroundColor: 'color-mix(in oklab, var(--code-number) 60%, transparent)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--ui-bg)',
    border: '1px solid var(--ui-border-accented)',
    borderRadius: '6px',
    color: 'var(--ui-text)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--ui-primary)',
    color: 'var(--ui-bg)',
  },
  '.cm-error-mark': {
    backgroundColor: 'color-mix(in oklab, var(--ui-error) 22%, transparent)',
    borderBottom: '2px solid var(--ui-error)',
  },
  '.cm-error-line': { backgroundColor: 'color-mix(in oklab, var(--ui-error) 8%, transparent)' },
  '.cm-hidden-character': {
    display: 'inline-block',
    padding: '0 3px',
    margin: '0 1px',
    borderRadius: '3px',
    fontSize: '11px',
    fontWeight: '600',
    color: 'var(--ui-bg)',
    backgroundColor: 'var(--ui-error)',
  },
})

export const codeAppearance = [surface, syntaxHighlighting(colours), EditorView.lineWrapping]
