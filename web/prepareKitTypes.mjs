import { resolveConfig } from 'vite'

// The kit's plugin writes the types of its components while the configuration is resolved.
await resolveConfig({ root: import.meta.dirname, logLevel: 'silent' }, 'build')
