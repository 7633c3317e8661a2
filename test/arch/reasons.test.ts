import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REASONS, type Reason } from '../../src/core/reasons.ts';
import { productFiles, ROOT } from './sources.ts';

const rows = Object.entries<Reason>(REASONS);
const TABLE = 'src/core/reasons.ts';

const sources = productFiles().filter(({ path }) => path !== TABLE);

const isUsed = (code: string): boolean => sources.some(({ text }) => text.includes(`'${code}'`));

describe.each(rows)('%s', (code, { status, error, title, remedy }) => {
  test('is a family and a name', () => {
    expect(code).toMatch(/^[a-z]+\.[a-z]+(?:-[a-z]+)*$/);
  });

  test('is given by some check', () => {
    expect(isUsed(code)).toBe(true);
  });

  test('has a status that fits its family', () => {
    const wanted: Readonly<Record<string, RegExp>> = {
      request: /^0$/,
      protocol: /^(?:308|400|405|408|414|417|431|505)$/,
      route: /^40[45]$/,
      attack: /^200$/,
      access: /^403$/,
      ratelimit: /^(?:429|503)$/,
      cors: /^(?:204|403)$/,
      login: /^(?:400|401|429|503)$/,
      authn: /^(?:400|401|403|409|503)$/,
      authz: /^403$/,
      validation: /^(?:400|413|415)$/,
      response: /^500$/,
      upstream: /^50[234]$/,
      gateway: /^50[03]$/,
    };
    expect(String(status)).toMatch(wanted[code.split('.')[0] as string] as RegExp);
  });

  test('a dependency that is down is never the fault of the client', () => {
    if (/\.(?:unavailable|unhealthy|journal)$/.test(code)) expect(status).toBe(503);
  });

  test('has a word for programs and sentences for people', () => {
    expect(error).toMatch(/^[a-z]+(?:_[a-z0-9]+)*$/);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });
});

test('a client cannot tell a revoked key from one that never was', () => {
  const told = (code: keyof typeof REASONS): string =>
    JSON.stringify([REASONS[code].status, REASONS[code].error, REASONS[code].title]);
  for (const code of [
    'authn.revoked',
    'authn.signature',
    'authn.algorithm',
    'authn.issuer',
    'authn.key-unknown',
  ] as const) {
    expect(told(code)).toBe(told('authn.unknown'));
  }
});

test('docs/reference/reasons.md has every reason, and no other', () => {
  const page = readFileSync(join(ROOT, 'docs/reference/reasons.md'), 'utf8');
  const named = [...page.matchAll(/^### <a id="([^"]+)"><\/a>`([^`]+)`$/gm)].map(([, , code]) => code);
  expect(named).toEqual(rows.map(([code]) => code));
});
