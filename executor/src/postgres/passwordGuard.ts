import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type pg from 'pg'

/** Thrown before a password is sent in a form from which whoever listens can take it. */
export class PasswordNotSent extends Error {
  override readonly name = 'PasswordNotSent'

  constructor() {
    super(
      'The database server asked for the password as it is, or as MD5, without verified TLS: it was not sent. ' +
        'Turn TLS on for this instance, or let the server ask by SCRAM.',
    )
  }
}

/** What pg tells when the server asks for a password in the clear, or for its MD5, which is as good as the password. */
const asksForPlainPassword = ['authenticationCleartextPassword', 'authenticationMD5Password']

/** Ends a connection without TLS whose server asks for the password in such a way, before the driver answers. Over verified TLS it may. */
export function guardPassword(client: pg.Client, isTls: boolean): void {
  if (isTls) return
  const { connection } = client as unknown as { connection: EventEmitter & { stream: Duplex } }
  for (const event of asksForPlainPassword)
    connection.prependListener(event, () => {
      client.password = ''
      connection.stream.destroy(new PasswordNotSent())
    })
}
