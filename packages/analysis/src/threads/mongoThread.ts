import { parseShell } from '../mongo/shellParser.ts'
import { serveTexts } from './serveTexts.ts'

serveTexts(({ content, database }) => parseShell(content, database))
