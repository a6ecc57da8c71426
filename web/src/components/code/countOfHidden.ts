import { count } from '../numbers.ts'
import { mostTold } from './hiddenCharacters.ts'

/** How many were found, in words that never say too much. */
export const countOfHidden = (found: readonly unknown[]) =>
  found.length < mostTold ? count(found.length) : `at least ${count(found.length)}`
