import fc from 'fast-check';
import type { RequestParts } from './rule-engine.ts';

/** Pieces of attacks and of plain values, from which values are put together: none of them is a whole attack of anybody's. */
const PIECES = [
  ...[
    "' or 1=1 -- ",
    ' union all select ',
    'sleep(5)',
    "'; drop table t",
    '"; --',
    '/*!',
    '*/',
    'having 1',
    '0x41',
    '@@version',
  ],
  ...[
    '<script>',
    '</script>',
    'javascript:',
    ' onerror=',
    'alert(1)',
    '<img src=x ',
    '<svg/onload=',
    'document.cookie',
    '&#x3c;',
    '\\u003c',
    '%3Cscript',
  ],
  ...[
    '../',
    '..\\',
    '/etc/passwd',
    '%2e%2e%2f',
    '.htaccess',
    '/proc/self/environ',
    'c:\\windows\\',
    '\0',
    '%00',
    '%u0027',
  ],
  ...[
    ';cat ',
    '|id',
    '$(whoami)',
    '`ls`',
    '&& ping ',
    '/bin/sh',
    'c^at',
    'w"h"oami',
    '${IFS}',
    'powershell -e ',
    'cmd.exe',
  ],
  ...[
    'http://10.0.0.1/',
    'file:///',
    'php://input',
    '<?php ',
    'eval(',
    'base64_decode(',
    '$_GET[',
    '<!ENTITY',
    'O:8:"',
    '${jndi:ldap://',
  ],
  ...[
    '{{7*7}}',
    '#{1}',
    '__proto__',
    'constructor',
    'require("child_process")',
    'java.lang.Runtime',
    'rO0AB',
    '\r\nSet-Cookie: a=b',
    ')(|(uid=*',
  ],
  ...[
    'hello',
    ' world',
    '42',
    '=',
    '&',
    '+',
    ' ',
    '"',
    "'",
    '\\',
    '/',
    '<',
    '>',
    '(',
    ')',
    'é',
    '\xff',
    '\t',
    'SELECT',
    'from',
    'aé',
    '😀',
  ],
];

const piece = fc.constantFrom(...PIECES);
const text = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
  fc.string({ maxLength: 12 }),
);

const toBytes = (value: string): string => Buffer.from(value, 'utf8').toString('latin1');

/** One of the ways in which attacks are hidden. */
const disguise = fc.constantFrom<(value: string) => string>(
  (value) => value,
  (value) => value,
  (value) => value.toUpperCase(),
  (value) => value.replace(/ /g, '/**/'),
  (value) => value.replace(/ /g, '\t\n'),
  (value) => encodeURIComponent(encodeURIComponent(value.toWellFormed())),
  (value) => value.replace(/[a-z]/g, (char) => `&#${char.charCodeAt(0)};`),
  (value) => value.replace(/[<>'"]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`),
  (value) => value.replace(/[aeiou]/g, (char) => `%u00${char.charCodeAt(0).toString(16)}`),
  (value) => value.split('').join('\0'),
);

const value = fc.tuple(text, disguise).map(([plain, hide]) => toBytes(hide(plain)));
const name = fc.oneof(fc.constantFrom('id', 'q', 'file', 'a[b]', 'json.a', '__utma', 'url'), value);

const percentEncode = (bytes: string): string =>
  bytes.replace(/[^\w.~-]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
/** Most are escaped as they should be. */
const maybeEscaped = fc
  .tuple(value, fc.boolean())
  .map(([bytes, isRaw]) => (isRaw ? bytes.replace(/[\r\n\0 ]/g, '') : percentEncode(bytes)));
const pairs = fc
  .array(fc.tuple(name.map(percentEncode), maybeEscaped), { maxLength: 4 })
  .map((all) => all.map(([key, of]) => `${key}=${of}`).join('&'));

const header = fc.tuple(
  fc.constantFrom(
    'User-Agent',
    'Referer',
    'Cookie',
    'X-Forwarded-For',
    'Accept',
    'X-Custom',
    'Range',
    'Content-Encoding',
  ),
  value.map((bytes) => bytes.replace(/[\r\n\0]/g, '')),
);

const headers = fc
  .tuple(fc.array(header, { maxLength: 4 }), fc.constantFrom('Host: api.example.com', 'Host: 10.0.0.1', ''))
  .map(([all, host]) => (host === '' ? all : ([['Host', host.slice(6)], ...all] as [string, string][])));

const response = fc.record({
  status: fc.constantFrom(200, 404, 500),
  body: fc
    .array(
      fc.constantFrom(
        '<h1>Index of /',
        'ORA-00933: ',
        'You have an error in your SQL syntax',
        'java.lang.NullPointerException',
        'plain ',
        'Fatal error: ',
      ),
      { maxLength: 3 },
    )
    .map((all) => all.join('')),
});

/** Requests that are attacks, nearly so, or none. */
export const attackRequests: fc.Arbitrary<RequestParts> = fc
  .record({
    path: fc.oneof(
      fc.constantFrom('/', '/v1/users/7', '/a.php', '/x/../y'),
      maybeEscaped.map((part) => `/${part}`),
    ),
    query: pairs,
    form: fc.option(pairs, { nil: null }),
    headers,
    response: fc.option(response, { nil: undefined }),
  })
  .map((parts) => {
    const target = `${parts.path}${parts.query === '' ? '' : `?${parts.query}`}`;
    if (parts.form === null)
      return { target, headers: parts.headers, ...(parts.response && { response: parts.response }) };
    const type: [string, string] = ['Content-Type', 'application/x-www-form-urlencoded'];
    const length: [string, string] = ['Content-Length', String(parts.form.length)];
    return { target, method: 'POST', body: parts.form, headers: [...parts.headers, type, length] };
  });
