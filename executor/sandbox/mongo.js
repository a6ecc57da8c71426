import { freeze } from './primordials.js'

// `db` of MongoDB scripts.
export function mongoDb() {
  return freeze({})
}

export function mongoConstructors() {
  return {}
}
