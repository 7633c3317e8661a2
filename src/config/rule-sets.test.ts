import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from './load.ts';
import { loadRuleSets } from './rule-sets.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-rules-'));
});

/** Loads the rules of a configuration whose block is given, with files beside it. */
function load(waf: object, files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const api = { id: 'a', path: '/', upstream: 'http://127.0.0.1:9', authenticate: 'none' };
  const endpoints = [{ id: 'e', path: '/e', methods: ['GET'] }];
  const path = join(dir, 'portcullis.yaml');
  writeFileSync(path, JSON.stringify({ version: 1, defaults: { waf }, apis: [{ ...api, endpoints }] }));
  const { config, problems } = loadConfig(path);
  if (config === null) throw new Error(JSON.stringify(problems));
  return loadRuleSets(config);
}

const RULE = 'SecRule ARGS "@contains evil" "id:1000,phase:2,deny,tag:attack-sqli"\n';

describe('rule files', () => {
  test('are read once for all routes that share them', () => {
    const { sets, rules, problems, files } = load({ include: ['*.conf'] }, { 'a.conf': RULE });
    expect(problems).toEqual([]);
    expect(sets.size).toBe(1);
    expect(rules.find(({ id }) => id === 1000)).toMatchObject({
      origin: 'include',
      set: join(dir, '*.conf'),
      role: 'detect',
    });
    expect(files).toContain(join(dir, 'a.conf'));
    expect(files).toContain(dir);
  });

  test('of the operator are known as such, and come first', () => {
    const own = 'SecRule ARGS "@contains own" "id:2000,phase:2,deny"\n';
    const { rules } = load(
      { include: ['a.conf'], custom: ['own.conf'] },
      { 'a.conf': RULE, 'own.conf': own },
    );
    const found = rules.filter(({ id }) => id === 1000 || id === 2000);
    expect(found.map(({ id, origin }) => [id, origin])).toEqual([
      [2000, 'custom'],
      [1000, 'include'],
    ]);
  });

  test.each([
    ['an unknown directive', 'SecNonsense On\n', /a\.conf, line 1: `SecNonsense`/],
    [
      'an unknown operator',
      `${RULE}SecRule ARGS "@guess x" "id:5,phase:2,deny"\n`,
      /a\.conf, line 2: .*guess/,
    ],
    ['a pattern that is none', 'SecRule ARGS "@rx (" "id:5,phase:2,deny"\n', /a\.conf, line 1/],
    ['an id that is taken', RULE + RULE, /a\.conf, line 2: .*1000/],
    ['a file that is not there', 'Include nothing.conf\n', /a\.conf, line 1: `nothing\.conf`/],
  ])('with %s are refused with file, line and word', (_, text, message) => {
    const { sets, problems } = load({ include: ['a.conf'] }, { 'a.conf': text });
    expect(sets.size).toBe(0);
    expect(problems[0]?.pointer).toBe('/defaults/waf/include/0');
    expect(problems[0]?.message).toMatch(message);
  });

  test('that the configuration names and nobody wrote are a mistake of the configuration', () => {
    const { problems } = load({ include: ['nothing.conf'] }, {});
    expect(problems).toEqual([
      { pointer: '/defaults/waf/include/0', message: `There is no file ${join(dir, 'nothing.conf')}.` },
    ]);
  });

  test('of a block that is off are not read', () => {
    expect(load({ mode: 'off', include: ['nothing.conf'] }, {}).problems).toEqual([]);
  });

  test('that say what the block says are noted', () => {
    const text = `SecRuleEngine DetectionOnly\nSecRequestBodyAccess Off\n${RULE}`;
    const { notes, problems } = load({ include: ['a.conf'] }, { 'a.conf': text });
    expect(problems).toEqual([]);
    expect(notes.map(({ message }) => message).join('\n')).toMatch(/SecRuleEngine.*SecRequestBodyAccess/s);
  });
});
