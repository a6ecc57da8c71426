import type { Check } from './check.ts'

const requests = 'command-service/src/requests/requests.int.test.ts'
const decisions = 'tests/security/decisions.int.test.ts'
const commands = 'tests/roles/commands.int.test.ts'
const queries = 'query-service/src/roles.int.test.ts'
const questions = 'query-service/src/questions.int.test.ts'

/** Who may do what with which object, and four eyes. */
export const rightsChecks: readonly Check[] = [
  {
    id: 'C-01',
    holds:
      'Requests, results and histories of others are not found, in lists, counts and live updates neither.',
    shownBy: {
      [queries]: ['is answered as the table of roles says'],
      [questions]: ['shows what domain lets each person view, and counts nothing else'],
      'query-service/src/live/stream.int.test.ts': [
        'of a request goes to those who may view it, and to nobody else',
      ],
    },
  },
  {
    id: 'C-02',
    holds:
      'A manager of another pod can neither see a request nor decide on it, and no event says that they tried.',
    shownBy: {
      [commands]: ['is answered as the table of rights says'],
      [requests]: ['refuses an approval by %s'],
    },
  },
  {
    id: 'C-03',
    holds: 'Every route has a rule for every role; one without fails the tests.',
    shownBy: {
      [commands]: ['lets in whom the table of roles lets in', 'is answered as the table of rights says'],
      [queries]: ['is answered as the table of roles says'],
      'tests/roles/everyRoute.test.ts': ['%s has a row for everybody'],
    },
  },
  {
    id: 'C-04',
    holds: 'Administrators approve nothing.',
    shownBy: {
      [commands]: ['is answered as the table of rights says'],
      [requests]: ['refuses an approval by %s'],
    },
  },
  {
    id: 'C-05',
    holds:
      'Nobody approves what they have asked for themselves, by no account that they control, and not as manager made later.',
    shownBy: {
      [requests]: ['refuses the manager’s own request and says who can'],
      'command-service/src/fourEyes.int.test.ts': [
        'is not approved by an account that they made, entered and gave another password',
        'is not approved by an account whose password they have reset',
      ],
      'domain/src/identity/knowledge.test.ts': [
        'no account approves whose password the requester knows, whatever was done to all of them',
      ],
      'domain/src/rights.test.ts': ['holds after the requester became the pod’s manager'],
    },
  },
  {
    id: 'C-06',
    holds: 'Only the text that was approved runs: the approval names its hash, and the executor hashes anew.',
    shownBy: {
      [requests]: ['refuses a stale hash', 'refuses an approval after the connection was changed'],
      'executor/src/app.int.test.ts': ['content that is not what was approved never reaches the target'],
    },
  },
  {
    id: 'C-07',
    holds: 'Of decisions at the same moment exactly one counts.',
    shownBy: {
      [decisions]: ['of %s at the same moment exactly one counts'],
      'domain/src/request/request.model.test.ts': [
        'whatever people and executors try, in any order, the invariants hold',
      ],
    },
  },
  {
    id: 'C-08',
    holds: 'A rejection has a reason that can be read, and it is kept as it was written.',
    shownBy: {
      [requests]: [
        'refuses a rejection without a reason',
        'says at the field which control character a text holds, and what it may hold',
      ],
      'domain/src/request/request.test.ts': ['keeps the reason'],
    },
  },
  {
    id: 'C-09',
    holds: 'What is decided or over is not decided again: 409.',
    shownBy: { [decisions]: ['a request that is %s is not decided again'] },
  },
  {
    id: 'C-10',
    holds: 'A manager who lost the right between looking and pressing decides nothing.',
    shownBy: {
      [requests]: ['asks the rights as they are now, not as they were at sign-in'],
      'command-service/src/races.int.test.ts': [
        'does not count when its approver was removed before it was written',
      ],
    },
  },
  {
    id: 'C-11',
    holds:
      'Where and as whom an instance is reached is told to administrators only; its password to nobody, sealed or not.',
    shownBy: {
      [questions]: ['connections, and what is retired, are for administrators'],
      'infra/migrate.int.test.ts': ['only the executor reads the ciphertext of targets'],
    },
  },
  {
    id: 'C-12',
    holds:
      'A request names an instance, a database of it and a pod that there are, in the language of its engine.',
    shownBy: {
      [requests]: ['refuses %s'],
      [decisions]: ['a text in the language of another engine is not taken: %s'],
    },
  },
  {
    id: 'C-13',
    holds: 'A guessed id finds nothing.',
    shownBy: {
      'query-service/src/routes.int.test.ts': [
        'an object that is not there is not found, whatever its id looks like',
      ],
      'query-service/src/hostileQueries.int.test.ts': ['GET $path finds nothing by an id that is none'],
      'tests/security/hostileCommands.int.test.ts': ['$method $path knows nothing by an id that is none'],
    },
  },
]
