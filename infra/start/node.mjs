const wanted = [20, 19]

/**
 * Says in words why this Node can't run the portal; undefined when it can.
 * @param {string} version
 */
export function nodeFault(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return undefined
  return `The SRE Portal needs Node ${wanted.join('.')} or newer; this is Node ${version}. Get it from https://nodejs.org.`
}
