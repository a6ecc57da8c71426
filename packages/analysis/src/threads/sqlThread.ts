import { loadModule } from 'libpg-query'
import { parseStatements } from '../sql/statements.ts'
import { serveTexts } from './serveTexts.ts'

void loadModule().then(() => serveTexts(({ content }) => parseStatements(content)))
