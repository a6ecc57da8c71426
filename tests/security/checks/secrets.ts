import type { Check } from './check.ts'

const secretBox = 'platform/src/secretBox.test.ts'
const endpoint = 'domain/src/instance/endpoint.test.ts'
const content = 'domain/src/content.test.ts'
const addresses = 'executor/src/addresses/addressCheck.int.test.ts'
const requests = 'command-service/src/requests/requests.int.test.ts'
const bounds = 'command-service/src/bounds.int.test.ts'
const laws = 'projector/src/laws.int.test.ts'

/** Secrets, where targets may be, files, what is copied out, logs, and what people's texts are read by. */
export const secretsChecks: readonly Check[] = [
  {
    id: 'D-01',
    holds:
      'Passwords of instances are sealed by AES-256-GCM with a new nonce each time, and stand in no event.',
    shownBy: {
      [secretBox]: ['differs each time, and has the documented form'],
      'command-service/src/administration.int.test.ts': ['keep the password sealed and out of every event'],
    },
  },
  {
    id: 'D-02',
    holds:
      'A sealed password opens for its own instance and place only; what was changed is not used, and an event says so.',
    shownBy: {
      [secretBox]: [
        'does not open for another owner',
        'does not open for %s',
        'does not open when any bit was changed',
        'does not open with a shortened tag',
      ],
      'executor/src/app.int.test.ts': [
        'what was approved for an earlier connection never reaches the changed one',
      ],
    },
  },
  {
    id: 'D-03',
    holds:
      'Keys can be rotated: again, and on from where it was stopped; what still needs an old key is named.',
    shownBy: {
      'infra/vault/rotate.int.test.ts': [
        'is asked for by whoever lacks the key, by name',
        'seals by the active key and for the place, tells it by events, and names what it could not open',
        'does nothing a second time',
        'goes on where it was stopped between event and row',
      ],
      [secretBox]: ['opens with an older key as long as the ring holds it'],
    },
  },
  {
    id: 'D-04',
    holds: 'No service starts with keys that are none.',
    shownBy: {
      [secretBox]: ['is refused as %j', 'is refused without repeating a key'],
      'tests/security/startUp.int.test.ts': ['the %s does not start with %s'],
    },
  },
  {
    id: 'D-05',
    holds:
      'No password of a target stands in an event, an answer, an error, a log line, the environment or the arguments of a script.',
    shownBy: {
      'command-service/src/administration.int.test.ts': ['keep the password sealed and out of every event'],
      'tests/security/plantedSecret.int.test.ts': ['a planted password is told by nothing'],
      'platform/src/log.test.ts': ['removes what may be a secret by its name'],
      'platform/src/config.test.ts': ['tells all faults at once and repeats no value'],
      'executor/src/sandbox/corpus.int.test.ts': ['%s is contained'],
    },
  },
  {
    id: 'D-06',
    holds:
      'No target is this machine, a cloud’s metadata or the portal’s own parts, however it is written and wherever its name leads.',
    shownBy: {
      [addresses]: [
        'the host %s is not connected to',
        'the socket %s is no host',
        "the portal's own PostgreSQL is no target, by no name of it",
        'a name that leads elsewhere when it is connected to than when it was checked is refused by the socket',
      ],
      'executor/src/addresses/addressRules.test.ts': [
        '%s is refused, in words that do not name it',
        '%s is this machine: refused unless its network is allowed',
      ],
      [endpoint]: ['is judged like one that was typed'],
    },
  },
  {
    id: 'D-07',
    holds: 'A URI has allowed options only, and each of its hosts is checked.',
    shownBy: { [endpoint]: ['%s is refused', 'names its hosts', 'is not for PostgreSQL'] },
  },
  {
    id: 'D-08',
    holds:
      'Testing a connection scans no ports: one sentence and one time for what is not reached, for administrators, ten a minute.',
    shownBy: {
      'executor/src/instanceTests.int.test.ts': [
        'an instance that is not reached is told in one sentence and one time, whatever is there',
      ],
      [bounds]: ['tests instances so often in a minute'],
      'tests/roles/commands.int.test.ts': ['lets in whom the table of roles lets in'],
    },
  },
  {
    id: 'D-09',
    holds: 'An upload is UTF-8 text within its limit and nothing else.',
    shownBy: {
      [requests]: ['refuses %s'],
      [content]: [
        'is refused as %s',
        'refuses %s',
        'keeps its byte order mark, because the hash is that of what was uploaded',
      ],
    },
  },
  {
    id: 'D-10',
    holds: 'A file’s name is shown by its last part, without control characters, and never used as a path.',
    shownBy: { [content]: ['is shown by its plain name: %j', 'keeps a long name short', 'is refused as %j'] },
  },
  {
    id: 'D-11',
    holds:
      'Characters that can’t be seen or that deceive are marked, and who approves such a text says to have looked at them.',
    shownBy: {
      'web/src/components/code/hiddenCharacters.test.ts': [
        'finds what turns the text around, with its place',
        'finds zero-width, unusual blank and control characters',
        'finds a Cyrillic letter within a Latin name, and leaves whole words of another script alone',
      ],
      'web/src/features/requests/ApproveDialog.test.ts': [
        'lets nobody approve a text with characters that can’t be seen before they say that they have looked',
      ],
    },
  },
  {
    id: 'D-12',
    holds: 'One person has so many requests waiting, and submits so many a minute.',
    shownBy: {
      [bounds]: [
        'has so many requests pending, however many are sent at once, and more after a decision',
        'submits so often in a minute, whatever becomes of it',
      ],
    },
  },
  {
    id: 'D-13',
    holds: 'What is copied for a spreadsheet runs nothing there.',
    shownBy: {
      'web/src/components/cellFace.test.ts': [
        'copies what a spreadsheet would run as a text, and numbers as numbers: %j of type %s',
        'copies NULL as an empty field, an empty text as a quoted one, and quotes what would break the table',
      ],
    },
  },
  {
    id: 'D-14',
    holds: 'A log entry is one line, whatever is in it.',
    shownBy: { 'platform/src/log.test.ts': ['an entry is one line of JSON, whatever is in it'] },
  },
  {
    id: 'D-15',
    holds:
      'Nobody changes the audit log: rows can only be added, and a rebuild finds what was changed behind the back of that.',
    shownBy: {
      [laws]: [
        'can only be added to, where they are the audit log, by the projector itself',
        'can be read, and only read, by the role of the query service',
      ],
      'projector/src/auditDifferences.int.test.ts': [
        'finds lines that an administrator of PostgreSQL has changed, removed or added',
        'finds a line beyond the checkpoint, which the projector’s own login can add',
        'says that it could not be compared where %s',
      ],
    },
  },
  {
    id: 'D-16',
    holds: 'The audit log has every event: who, when, where from, what.',
    shownBy: {
      [laws]: ['every event of the product has a line in the audit log, in log order'],
      'domain/src/summary.test.ts': ['is tested for every event there is'],
    },
  },
  {
    id: 'D-17',
    holds: 'No regular expression takes long for any text, and none is made of what people type.',
    shownBy: {
      'tests/security/regularExpressions.test.ts': [
        'every expression judges 50,000 characters within 50 ms',
        'none is made of what people type',
      ],
    },
  },
  {
    id: 'D-18',
    holds:
      'What a text does is judged by PostgreSQL’s own parser; what can’t be told counts as a write, and reads run READ ONLY.',
    shownBy: {
      'packages/analysis/src/sql/classification.test.ts': ['%s writes', 'what %s does can not be told'],
      'executor/src/postgres/scriptOutcomes.int.test.ts': [
        'what was judged a read runs READ ONLY, so that it can not write: %s',
      ],
    },
  },
  {
    id: 'D-19',
    holds: 'MongoDB texts are read as data, and only by lists of what is allowed.',
    shownBy: {
      'packages/analysis/src/mongo/policy.test.ts': [
        '%s is refused: arguments are what the method takes',
        'without a name of the database, every text that names one is refused',
      ],
    },
  },
  {
    id: 'D-20',
    holds:
      'Every dependency is exact and verified; known advisories fail a check of their own, and Deno is watched as the part that hostile code runs in.',
    shownBy: {
      'tests/security/dependencies.test.ts': [
        'every package is pinned exactly and by its hash',
        'advisories are asked for, and SECURITY.md says how soon they are answered',
      ],
    },
  },
]
