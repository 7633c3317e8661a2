import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isXss } from '../../src/lib/seclang/injections/is-xss.ts';
import { hasModSecurity, type ModSecurityApache, startModSecurity } from '../support/modsecurity-apache.ts';
import { seeded } from '../support/seeded.ts';

/** How many values are compared; a longer run is `PORTCULLIS_VALUES=100000`. */
const VALUES = Number(process.env.PORTCULLIS_VALUES ?? 1500);
const PIECES = [
  ...[
    '<',
    '>',
    '/',
    '=',
    "'",
    '"',
    '`',
    ' ',
    '\0',
    '\n',
    '\t',
    '&',
    '%>',
    '<%',
    '<?',
    '<!',
    '<!--',
    '-->',
    '--',
    ']]>',
  ],
  ...[
    '<![CDATA[',
    '<!DOCTYPE',
    '[if',
    'IMPORT',
    'xml',
    'svg',
    'xsl:x',
    'script',
    'b',
    'iframe',
    'a',
    'on',
    'onx',
    'onload',
  ],
  ...[
    'style',
    'href',
    'src',
    'to',
    'xmlns',
    'attributename',
    'java',
    'javascript:',
    'data:',
    '&#x6a;',
    '&#106',
    'x',
    '1',
  ],
];

describe.skipIf(!hasModSecurity())('scripting in values beside libinjection in ModSecurity 2', () => {
  let modsecurity: ModSecurityApache;
  beforeAll(async () => {
    modsecurity = await startModSecurity({
      rules: `SecRule ARGS "@detectXSS" "id:1,phase:2,pass,log,t:none"`,
    });
  });
  afterAll(async () => {
    await modsecurity?.[Symbol.asyncDispose]();
  });

  test('generated values are told alike', { timeout: 3_600_000 }, async () => {
    const random = seeded(Number(process.env.PORTCULLIS_SEED ?? 1));
    const different: string[] = [];
    for (let at = 0; at < VALUES && different.length < 20; at++) {
      const length = 2 + Math.floor(random() * 9);
      const value = Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)]).join('');
      const hex = [...value].map((byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
      const answer = await modsecurity.send(
        `GET /?q=${hex} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      const { ruleIds } = await modsecurity.entry(answer);
      if (ruleIds.includes(1) !== isXss(value)) different.push(JSON.stringify(value));
    }
    expect(different).toEqual([]);
  });
});
