import { expect, test } from 'vitest';
import { XmlReader } from '../../src/lib/seclang/bodies/xml.ts';
import { hasModSecurity, startModSecurity } from '../support/modsecurity-apache.ts';
import { seeded } from '../support/seeded.ts';
import { textOf, xmlSample } from './variable-samples.ts';

/** How many bodies are sent; a longer run is `PORTCULLIS_VARIABLES=20000`. */
const BODIES = Number(process.env.PORTCULLIS_VARIABLES ?? 400);

/** Rules that tell in hexadecimal what they were given. */
const RULES = `
SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule XML:/* "@unconditionalMatch" "id:2,phase:2,pass,log,t:none,t:hexEncode,logdata:'%{MATCHED_VAR}'"
SecRule XML://@* "@unconditionalMatch" "id:3,phase:2,pass,log,t:none,t:hexEncode,logdata:'%{MATCHED_VAR}'"
SecAction "id:4,phase:2,pass,log"
`;

/** What rules of ModSecurity saw; null where it gave up because the body is not well-formed. */
function seen(messages: readonly string[]): string[] | null {
  if (!messages.some((message) => message.includes('[id "4"]'))) return null;
  return messages.flatMap((message) => {
    const rule = /\[id "([23])"\]/.exec(message)?.[1];
    if (rule === undefined) return [];
    const hex = /\[data "([0-9a-f]*)"\]/.exec(message)?.[1] ?? '';
    return [`${rule === '2' ? 'text' : 'attribute'} ${Buffer.from(hex, 'hex').toString('latin1')}`];
  });
}

function ours(body: string): string[] | null {
  const reader = new XmlReader(body);
  reader.step(Number.POSITIVE_INFINITY);
  if (reader.error !== '') return null;
  return [
    ...reader.rootTexts.map((text) => `text ${text}`),
    ...reader.attributes.map((value) => `attribute ${value}`),
  ];
}

test.skipIf(!hasModSecurity())(
  'XML is well-formed and has the text and attributes that libxml2 finds in it',
  { timeout: 600_000 },
  async () => {
    await using modsecurity = await startModSecurity({ rules: RULES });
    const random = seeded(Number(process.env.PORTCULLIS_SEED ?? 1));
    const found: unknown[] = [];
    let wellFormed = 0;
    for (let i = 0; i < BODIES && found.length < 10; i++) {
      const sample = xmlSample(random);
      const { messages } = await modsecurity.entry(await modsecurity.send(textOf(sample)));
      const [theirs, own] = [seen(messages), ours(sample.body)];
      if (theirs !== null) wellFormed++;
      if (JSON.stringify(theirs) !== JSON.stringify(own)) found.push({ body: sample.body, theirs, own });
    }
    expect(found).toEqual([]);
    expect(wellFormed).toBeGreaterThan(BODIES / 10);
  },
);
