/** A request in its parts, so that one text can be sent and one input can be made of it. */
export interface Sample {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Numbers from 0 to 1. */
type Random = () => number;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const times = (random: Random, most: number): number => Math.floor(random() * (most + 1));
const some = (random: Random, most: number, make: () => string): string[] =>
  Array.from({ length: times(random, most) }, make);

/** The text with a few bytes changed, repeated or taken out. */
function mutate(random: Random, text: string, bytes: string): string {
  let mutated = text;
  for (let count = times(random, 3); count > 0; count--) {
    const at = Math.floor(random() * (mutated.length + 1));
    const length = times(random, 3);
    const change = pick(random, ['insert', 'delete', 'replace', 'repeat']);
    const rest = mutated.slice(change === 'insert' || change === 'repeat' ? at : at + length);
    const added = change === 'delete' ? '' : pick(random, [...bytes]);
    mutated = mutated.slice(0, at) + (change === 'repeat' ? mutated.slice(at, at + length) : added) + rest;
  }
  return mutated;
}

const ARGUMENT_PIECES = [
  'a',
  'b',
  'id',
  '=',
  '&',
  '+',
  '%20',
  '%',
  '%4',
  '%zz',
  '%41',
  '%00',
  '%26',
  '%3d',
  ';',
  '\xe9',
  "'",
  '"',
  '<x>',
  '%u0041',
  '[]',
  '.',
];

const argumentText = (random: Random): string =>
  some(random, 12, () => pick(random, ARGUMENT_PIECES)).join('');

const TARGET_PIECES = [
  '/',
  '/',
  'a',
  'b.php',
  '.',
  '..',
  '%2e',
  '%41',
  '%c3%a9',
  '\\',
  ';x=1',
  '+',
  '%20',
  '%3f',
  '//',
  '~',
  "'",
  '%25',
  '%5c',
  '%2541',
];

const targetText = (random: Random): string => {
  const path = `/${some(random, 8, () => pick(random, TARGET_PIECES)).join('')}`;
  const query = random() < 0.7 ? `?${argumentText(random).replaceAll('\0', '')}` : '';
  const form = random() < 0.05 ? 'http://a.example' : '';
  return `${form}${path}${query}`;
};

const COOKIE_PIECES = [
  'a=1',
  'b',
  '=',
  ';',
  '; ',
  ',',
  ', ',
  ' ',
  '"',
  '$Path=/',
  'c="x"',
  '\t',
  'd=e=f',
  '%41',
  '\xe9',
  'a',
];
const cookieText = (random: Random): string =>
  some(random, 8, () => pick(random, COOKIE_PIECES))
    .join('')
    .trim();

const HEADER_NAMES = ['X-A', 'x-a', 'X-B', 'Accept', 'User-Agent', 'Referer', 'X_C', 'Cookie', 'cookie'];

function headersOf(random: Random): [string, string][] {
  return some(random, 5, () => pick(random, HEADER_NAMES)).map((name) => [
    name,
    /cookie/i.test(name) ? cookieText(random) : mutate(random, 'value, x', ' "\xe9;,').trim(),
  ]);
}

/** A request without a body. */
export function plainSample(random: Random): Sample {
  return { method: 'GET', target: targetText(random), headers: headersOf(random), body: '' };
}

/** A form without files. */
export function formSample(random: Random): Sample {
  const type = pick(random, [
    'application/x-www-form-urlencoded',
    'Application/X-www-form-urlencoded; charset=utf-8',
  ]);
  return {
    method: pick(random, ['POST', 'PUT', 'GET']),
    target: targetText(random),
    headers: [...headersOf(random), ['Content-Type', type]],
    body: argumentText(random),
  };
}

const DISPOSITIONS = [
  'form-data; name="a"',
  'form-data; name="b"; filename="x.txt"',
  'form-data; name="c";\r\n filename="y.txt"',
  "form-data; name='d'",
  'form-data; name=e; filename=z',
  'form-data; filename="q"; name="f"',
  'form-data; name="g\\"h"; filename="\xe9\\\\"',
  'form-data; name="i"; filename=""',
  'form-data; name=""',
];
const PART_HEADERS = [
  '',
  '',
  'Content-Type: text/plain\r\n',
  'X: y\r\n z\r\n',
  'Content-Transfer-Encoding:binary\r\n',
];
const PART_DATA = [
  '',
  'v',
  'one\r\ntwo',
  '--',
  '--B',
  '\r\n',
  '\n',
  'x\0y',
  '--other\r\n',
  'a--Bb',
  'z'.repeat(4_090),
  '- -',
  '-- B',
];

function partText(random: Random): string {
  const data = some(random, 2, () => pick(random, PART_DATA)).join('');
  return `--B\r\nContent-Disposition: ${pick(random, DISPOSITIONS)}\r\n${pick(random, PART_HEADERS)}\r\n${data}\r\n`;
}

const MULTIPART_TYPES = [
  'multipart/form-data; boundary=B',
  'multipart/form-data; boundary=B',
  'multipart/form-data; boundary=B',
  'multipart/form-data; boundary="B"',
  'Multipart/Form-Data;boundary=B',
  'multipart/form-data boundary=B',
  'multipart/form-data; boundary =B',
];

/** A form with files, mostly with a defect. */
export function multipartSample(random: Random): Sample {
  const whole = `${some(random, 3, () => partText(random)).join('')}--B--\r\n`;
  const lines = random() < 0.1 ? whole.replaceAll('\r\n', '\n') : whole;
  const body = random() < 0.6 ? mutate(random, lines, '-B"\r\n \t\0:;=x\'') : lines;
  const type = pick(random, MULTIPART_TYPES);
  const mutated = random() < 0.15 ? mutate(random, type, ' ";=,Bx/').trim() : type;
  return { method: 'POST', target: '/', headers: [['Content-Type', mutated]], body };
}

const JSON_PIECES = [
  ...[
    '{"a":',
    '{',
    '}',
    '}',
    '[',
    ']',
    ']',
    ',',
    ':',
    '"a"',
    '"b.c"',
    '"',
    '1',
    '-0.5e3',
    '01',
    'true',
    'false',
    'null',
  ],
  ...['"\\u0041\\n"', '"\\ud83d\\ude00"', '"\xc3\xa9"', '"\xe9"', ' ', '\n', 'x', '"":', '"d":', '{"e":['],
];

/** A value of JSON, some levels deep. */
function jsonValue(random: Random, depth: number): unknown {
  const kind = depth > 4 ? 0 : Math.floor(random() * 3);
  const members = times(random, 4);
  if (kind === 1) return Array.from({ length: members }, () => jsonValue(random, depth + 1));
  if (kind === 2) {
    const keys = Array.from({ length: members }, () => pick(random, ['a', 'b', 'id', '', 'c.d', 'e\n']));
    return Object.fromEntries(keys.map((key) => [key, jsonValue(random, depth + 1)]));
  }
  return pick(random, [1, -2.5, 'x', '<y>', true, false, null, '', 'a b', "' or 1=1", 'caf\xc3\xa9']);
}

/** A JSON body, or what is nearly one. */
export function jsonSample(random: Random): Sample {
  const whole = Buffer.from(JSON.stringify(jsonValue(random, 0)), 'latin1').toString('latin1');
  const body =
    random() < 0.3
      ? some(random, 10, () => pick(random, JSON_PIECES)).join('')
      : random() < 0.4
        ? mutate(random, whole, '{}[]":,1\\e \n')
        : whole;
  return { method: 'POST', target: '/?q=1', headers: [['Content-Type', 'application/json']], body };
}

const XML_PIECES = [
  ...[
    '<a>',
    '</a>',
    '<b c="1"/>',
    '<b c=\'&lt;"\' d="x\n y">',
    '</b>',
    'text',
    '&amp;',
    '&#65;',
    '&x;',
    '&',
    '<!-- c -->',
    '<?p i?>',
  ],
  ...[
    '<![CDATA[<x>]]>',
    ']]>',
    '\xc3\xa9',
    '\xe9',
    '\r\n',
    '<p:q p:r="2"/>',
    '<b c="1" c="2"/>',
    '<',
    '>',
    '"',
    '\x01',
    '<d xmlns="u"/>',
  ],
];
const XML_HEADS = [
  ...[
    '',
    '',
    '',
    '<?xml version="1.0"?>',
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
  ],
  ...[
    '<!DOCTYPE a>',
    '<!DOCTYPE a [<!ENTITY x "ent">]>',
    '<!DOCTYPE a [<!ENTITY x "<b>ent</b>">]>',
    '<!DOCTYPE a SYSTEM "x">',
    '\xef\xbb\xbf',
  ],
];

/** An XML body, or what is nearly one. */
export function xmlSample(random: Random): Sample {
  const content = some(random, 6, () => pick(random, XML_PIECES)).join('');
  const whole = `${pick(random, XML_HEADS)}<a e="5">${content}</a>`;
  const body = random() < 0.2 ? mutate(random, whole, '<>/&;"= a') : whole;
  return { method: 'POST', target: '/', headers: [['Content-Type', 'text/xml']], body };
}

/** What goes over the wire. */
export function textOf({ method, target, headers, body }: Sample): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n${lines}${length}\r\n${body}`;
}
