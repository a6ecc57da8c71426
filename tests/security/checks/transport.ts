import type { Check } from './check.ts'

const gateway = 'infra/gateway/gateway.test.ts'
const http = 'platform/src/http/http.test.ts'
const routes = 'query-service/src/routes.int.test.ts'
const queries = 'query-service/src/hostileQueries.int.test.ts'
const commands = 'tests/security/hostileCommands.int.test.ts'
const requests = 'command-service/src/requests/requests.int.test.ts'

/** What browsers and the network may do. */
export const transportChecks: readonly Check[] = [
  {
    id: 'B-01',
    holds:
      'The content security policy lets in the portal’s own files only: no inline script, no inline style but by the page’s nonce, trusted types.',
    shownBy: {
      [gateway]: [
        'the page may load from its own origin only, and nobody may frame it',
        'the page of %s names the nonce of its policy, which is another one each time',
      ],
    },
  },
  {
    id: 'B-02',
    holds: 'No page of the portal violates that policy, writes an error or asks another origin.',
    shownBy: {
      'tests/stories/everyPage.story.ts': [
        '%s is sound in light and dark, on a desk and on a phone',
        'the page to sign in is sound, with and without faults',
        '%s is sound over its page',
        'a whole value beside its grid, and the menu on a phone, are sound',
      ],
    },
  },
  {
    id: 'B-03',
    holds: 'Markup in any text is shown as text.',
    shownBy: {
      'tests/stories/hostileText.story.ts': [
        'markup in every text that users write or databases answer is shown as text, and none of it runs',
      ],
      'query-service/src/api/openApi.test.ts': ['shows words as words, whatever is in them'],
    },
  },
  {
    id: 'B-04',
    holds: 'Every answer forbids sniffing, referrers and foreign openers; the API’s are kept by no cache.',
    shownBy: {
      [http]: ['carries the security headers and is not kept by caches'],
      [gateway]: ['the page may load from its own origin only, and nobody may frame it'],
    },
  },
  {
    id: 'B-05',
    holds: 'HSTS is said over HTTPS only: our own, or that of a trusted proxy.',
    shownBy: {
      [gateway]: [
        'a trusted proxy is believed, but only for as many hops as there are',
        'with a certificate the gateway speaks TLS and says so for good',
      ],
      [http]: ['carries the security headers and is not kept by caches'],
    },
  },
  {
    id: 'B-06',
    holds: 'What a client says of its own address is not believed.',
    shownBy: {
      [gateway]: [
        'what a client claims about itself is not passed on',
        'a trusted proxy is believed, but only for as many hops as there are',
      ],
    },
  },
  {
    id: 'B-07',
    holds: 'The API is refused, not redirected, where it was asked in clear text.',
    shownBy: {
      [gateway]: [
        'a command that reached the trusted proxy in clear text is refused, not redirected',
        'behind a proxy that does not say HTTPS the API is closed',
        'plain HTTP is refused on an address that others can reach',
      ],
      [http]: ['refuses plain HTTP beyond this machine, with what to do'],
    },
  },
  {
    id: 'B-08',
    holds: 'Forms of other sites are not read.',
    shownBy: { [requests]: ['refuses %s'] },
  },
  {
    id: 'B-09',
    holds: 'No other origin is let in, and none is reflected.',
    shownBy: { [gateway]: ['no other origin is ever allowed in'] },
  },
  {
    id: 'B-10',
    holds: 'Nothing is changed by GET or HEAD: 405.',
    shownBy: {
      [routes]: ['what is no route is not found, and nothing but GET is answered here'],
      [http]: ['%s %s is another method of a route that there is'],
    },
  },
  {
    id: 'B-11',
    holds: 'A method that a header asks for is not done, two lengths and TRACE are refused.',
    shownBy: {
      [http]: ['does what its method says, whatever a header asks for: %s'],
      [gateway]: ['TRACE is refused', 'a body of two lengths is refused', 'a %s with a body is refused'],
    },
  },
  {
    id: 'B-12',
    holds:
      'Parameters given twice, unknown ones, operators, keys of prototypes and keys that stand twice are refused.',
    shownBy: {
      [routes]: ['refuses the query %s'],
      [queries]: [
        'takes no parameter that it does not know',
        'answers whatever stands in its query, and takes no text with a NUL',
      ],
      [http]: ['of which a key stands twice are refused, with the key', 'cannot reach the prototype'],
      [commands]: ['answers whatever stands in a field of its body, and takes no text with a NUL'],
    },
  },
  {
    id: 'B-13',
    holds: 'A body holds no field that its command does not know, at no depth.',
    shownBy: { [commands]: ['takes no field that it does not know, at any depth'] },
  },
  {
    id: 'B-14',
    holds: 'Too large, too deep and compressed too well is refused at once.',
    shownBy: { [commands]: ['refuses a body that is no object, and what it can not read'] },
  },
  {
    id: 'B-15',
    holds: 'Faults of ours are told in general words with a request id; what happened is in the log only.',
    shownBy: { [http]: ['of %s is answered as %i'] },
  },
  {
    id: 'B-16',
    holds:
      'Neither sources nor source maps are served; the API’s description is for those who are signed in.',
    shownBy: {
      [gateway]: ['%s is not found, and not answered with the page'],
      [routes]: ['the routes that are no questions to the read models answer whom they are for'],
    },
  },
]
