import type { Request } from 'express'
import multer from 'multer'
import { contentRefusal, type Content } from '@sre-portal/analysis/contentRefusal'
import { analysisFailedCode, tooBusyCode } from '@sre-portal/analysis/textError'
import { maxScriptBytes, submitQuerySchema, submitScriptSchema } from '@sre-portal/contracts'
import { decodeScript, displayFileName, DomainError } from '@sre-portal/domain'

// Room above the limit, so that a file a little too large is told its size by the rule and not cut off by the transport.
const mostUploadBytes = 4 * maxScriptBytes

const upload = multer({
  storage: multer.memoryStorage(),
  limits: { files: 1, fileSize: mostUploadBytes, fields: 20, fieldSize: 64 * 1024, parts: 25 },
}).single('script')

/** Reads a multipart upload into memory; JSON bodies pass. */
export const scriptUpload: typeof upload = (request, response, next) => {
  void upload(request, response, (error: unknown) => next(error ? uploadFault(error) : undefined))
}

/** What was submitted, as text, whichever way it came. @throws ZodError or DomainError naming what is wrong */
export function readSubmission(request: Request) {
  if (!request.is('multipart/form-data'))
    return { ...submitQuerySchema.parse(request.body), fileName: null, transactionMode: 'single' as const }
  const fields = submitScriptSchema.parse({ ...request.body })
  if (!request.file)
    throw new DomainError('invalid', 'Choose a .js file to upload.', [
      { path: 'script', message: 'is missing' },
    ])
  // Parts are named in latin1 by the parser; browsers send UTF-8.
  const fileName = displayFileName(Buffer.from(request.file.originalname, 'latin1').toString('utf8'))
  return { ...fields, fileName, content: decodeScript(request.file.buffer) }
}

/** Refuses, before anybody is asked to approve it, what could not be run. @throws DomainError `unprocessable`, with the place in the text */
export async function ensureRunnable(content: Content): Promise<void> {
  const error = await contentRefusal(content)
  if (!error) return
  if (error.code === tooBusyCode || error.code === analysisFailedCode)
    throw new DomainError('unavailable', `${error.message} Nothing was submitted.`)
  const { message, position, line, column } = error
  const place = position && line && column ? { position, line, column } : undefined
  const told = place ? `Line ${place.line}, column ${place.column}: ${message}` : message
  throw new DomainError('unprocessable', `This would not run, so it was not submitted. ${told}`, [
    { path: 'content', message: told, ...(place && { place }) },
  ])
}

const grouped = (value: number) => value.toLocaleString('en-US')

function uploadFault(error: unknown): Error {
  if (!(error instanceof multer.MulterError))
    return new DomainError('invalid', 'The upload could not be read: it is not valid multipart/form-data.')
  if (error.code === 'LIMIT_FILE_SIZE')
    return new DomainError(
      'too_large',
      `The script has more than ${grouped(mostUploadBytes)} bytes; at most ${grouped(maxScriptBytes)} (${maxScriptBytes / 1024} KiB) are allowed.`,
      [{ path: 'script', message: `at most ${grouped(maxScriptBytes)} bytes` }],
    )
  return new DomainError(
    'invalid',
    'The upload may hold one file, named "script", and the fields of the form.',
    [{ path: error.field ?? 'script', message: error.message }],
  )
}
