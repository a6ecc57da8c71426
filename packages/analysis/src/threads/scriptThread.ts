import { parseScript } from '../script/scriptText.ts'
import { serveTexts } from './serveTexts.ts'

serveTexts(({ content, engine }) => parseScript(content, engine))
