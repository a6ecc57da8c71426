import type { Check } from './check.ts'

const auth = 'command-service/src/auth/auth.int.test.ts'
const bounds = 'command-service/src/bounds.int.test.ts'
const administration = 'command-service/src/administration.int.test.ts'
const signIn = 'tests/security/signIn.int.test.ts'
const startUp = 'tests/security/startUp.int.test.ts'

/** Signing in, passwords and tokens. */
export const signInChecks: readonly Check[] = [
  {
    id: 'A-01',
    holds:
      'Signing in answers both tokens and the person; the access token lives 900 seconds and names who, for whom and what it is.',
    shownBy: { [auth]: ['answers both tokens and the user, whatever the spelling of the address'] },
  },
  {
    id: 'A-02',
    holds:
      'A wrong password, an unknown address and a deactivated account are answered alike, bodies and headers.',
    shownBy: { [auth]: ['answers a wrong password, an unknown address and a deactivated user alike'] },
  },
  {
    id: 'A-03',
    holds: 'A refusal takes as long for an address that nobody has as for one that somebody has.',
    shownBy: { [signIn]: ['tells nobody whether there is an account'] },
  },
  {
    id: 'A-04',
    holds: 'An address is one account, however it is spelled.',
    shownBy: {
      [auth]: ['answers both tokens and the user, whatever the spelling of the address'],
      [administration]: ['are registered once an address'],
      'domain/src/administration.test.ts': ['are registered under their canonical address'],
    },
  },
  {
    id: 'A-05',
    holds: 'All of a password counts, not its first 72 bytes.',
    shownBy: { [auth]: ['reads the whole password, not its first 72 bytes'] },
  },
  {
    id: 'A-06',
    holds: 'Long passwords are taken; those beyond a kilobyte are refused before anything is hashed.',
    shownBy: { [signIn]: ['may have %s', 'beyond a kilobyte is refused before it is hashed'] },
  },
  {
    id: 'A-07',
    holds: 'A password does not end at a NUL.',
    shownBy: { [signIn]: ['is read beyond a NUL'] },
  },
  {
    id: 'A-08',
    holds:
      'Passwords are hashed by bcrypt at cost 12 in production; a cheaper hash is made anew at the next sign-in.',
    shownBy: {
      [signIn]: ['is stored at the cost of the service, and hashed anew when it was stored at a lower one'],
      [startUp]: ['the %s does not start with %s'],
    },
  },
  {
    id: 'A-09',
    holds:
      'Short and common passwords and those made of one’s own name are refused; there are no rules of composition.',
    shownBy: {
      'command-service/src/auth/passwordRules.test.ts': [
        'is refused when it is tried first: %s',
        'is refused when it is made of the address or the name: %s',
        'may be anything else, without rules of composition: %s',
      ],
      [administration]: ['are refused with %s'],
      [signIn]: ['may have %s'],
    },
  },
  {
    id: 'A-10',
    holds:
      'The sixth attempt at an account in a minute waits, from wherever, also in parallel and after a restart; nobody is locked out for good.',
    shownBy: {
      [auth]: ['throttles an account after five refusals from anywhere, and forgets after a while'],
      [signIn]: ['refused attempts are counted across a restart of the service'],
      [bounds]: [
        'are counted before they are judged: of a hundred at once five are',
        'do not lock a person out of the place that they have signed in from before',
        'at an account %s, %i of them, take nothing from others who have',
      ],
    },
  },
  {
    id: 'A-11',
    holds: 'An address that tries many accounts waits, and the audit log says so.',
    shownBy: { [auth]: ['throttles an address that tries many accounts'] },
  },
  {
    id: 'A-12',
    holds: 'A crowd that signs in at once keeps nobody else from being answered.',
    shownBy: {
      [signIn]: ['two hundred who sign in at once keep nobody from being answered'],
      'command-service/src/auth/hashQueue.test.ts': ['keeps a bounded queue whoever asks'],
      'platform/src/http/refusalPace.test.ts': [
        '%s come at a pace after the first of a second',
        'more of it waits before any work is done, and what is right is answered all the same',
      ],
    },
  },
  {
    id: 'A-13',
    holds: 'A token without a signature is none.',
    shownBy: { [auth]: ['are refused with %s'] },
  },
  {
    id: 'A-14',
    holds: 'Keys come from the configuration only, never from a token’s header.',
    shownBy: { [auth]: ['are refused with %s'] },
  },
  {
    id: 'A-15',
    holds: 'Expired, early, endless and foreign tokens are refused; only expiry has a code of its own.',
    shownBy: { [auth]: ['are refused when they expired, by a code of its own', 'are refused with %s'] },
  },
  {
    id: 'A-16',
    holds: 'A refresh token is no access token, and the other way round.',
    shownBy: { [auth]: ['are refused with %s', 'are no refresh tokens'] },
  },
  {
    id: 'A-17',
    holds: 'Rights are those of this moment; a role within a token is not believed.',
    shownBy: {
      [auth]: ['say nothing about rights: a role within one is not believed'],
      [administration]: ['lose what they may do with their role, at once'],
      'query-service/src/questions.int.test.ts': [
        'rights are those of now: who is made developer decides for no pod any more',
      ],
    },
  },
  {
    id: 'A-18',
    holds: 'A deactivated account’s access and refresh tokens are refused at once.',
    shownBy: {
      [auth]: [
        'ends at logout, at deactivation and at a new password',
        'is ended for its access token too: at logout, after a theft, at a new password, at deactivation',
      ],
      'query-service/src/live/stream.int.test.ts': ['when its person is deactivated'],
    },
  },
  {
    id: 'A-19',
    holds: 'No service starts with a signing key that is short or the example’s.',
    shownBy: {
      [startUp]: ['the %s does not start with %s'],
      'platform/src/config.test.ts': ['refuses the secret of the example'],
    },
  },
  {
    id: 'A-20',
    holds: 'Refresh tokens are stored as digests only, marked when they are used, and stand in no event.',
    shownBy: { [auth]: ['keeps only digests in the database'] },
  },
  {
    id: 'A-21',
    holds: 'A refresh token that comes a second time ends its whole session, and the audit log says so.',
    shownBy: { [auth]: ['rotates: each refresh token works once, and a late copy ends the session'] },
  },
  {
    id: 'A-22',
    holds: 'Two tabs that refresh at once both go on.',
    shownBy: { [auth]: ['answers a refresh whose answer was lost with the same successor, for ten seconds'] },
  },
  {
    id: 'A-23',
    holds: 'A refresh token has one successor, however many ask at once.',
    shownBy: { [auth]: ['gives twenty simultaneous refreshes the same successor'] },
  },
  {
    id: 'A-24',
    holds: 'A session ends after a week without use, and after a month in any case.',
    shownBy: { [auth]: ['ends when it was %s'] },
  },
  {
    id: 'A-25',
    holds: 'Signing out ends the session; a new password ends all others.',
    shownBy: {
      [auth]: [
        'ends at logout, at deactivation and at a new password',
        'is ended for its access token too: at logout, after a theft, at a new password, at deactivation',
        'does not begin with a password that was changed while it was judged',
      ],
    },
  },
  {
    id: 'A-26',
    holds: 'People see and end their own sessions; administrators end anybody’s.',
    shownBy: {
      [auth]: ['is ended from another one by its person, and by administrators; by nobody else'],
      'query-service/src/roles.int.test.ts': ['everybody is told their own sessions only'],
    },
  },
  {
    id: 'A-27',
    holds: 'A token in a URL is never read, for live updates neither.',
    shownBy: {
      [auth]: ['are not read from the URL'],
      'query-service/src/routes.int.test.ts': [
        'wants a token, a good one, in the header, of somebody who is still active',
      ],
    },
  },
]
