import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProblems } from './format-problems.ts';
import { type LoadResult, loadConfig, parseConfig, parseDocument, sortProblems } from './load.ts';
import { findWeaknesses } from './weaknesses.ts';

const TESTDATA = join(import.meta.dirname, 'testdata');
const ENV = {
  PUBLIC_UPSTREAM: 'http://127.0.0.1:3000',
  RETRIES: '2',
  SECRET: 'correct horse battery',
  SHORT: 'Q7',
};

function load(kind: 'good' | 'bad', name: string): LoadResult {
  return loadConfig(join(TESTDATA, kind, name), { env: ENV });
}

function namesOf(kind: 'good' | 'bad'): string[] {
  return readdirSync(join(TESTDATA, kind)).filter((name) => name.endsWith('.yaml'));
}

/** What `check` prints, without the directories of this machine. */
function textOf(name: string, problems: LoadResult['problems']): string {
  return `${formatProblems(name, problems)}\n`.replaceAll(TESTDATA, '<testdata>');
}

function expectedOf(kind: 'good' | 'bad', name: string): string {
  return join(TESTDATA, kind, name.replace(/\.yaml$/, '.expected.txt'));
}

describe('files', () => {
  test.each(namesOf('bad'))('bad/%s is told as written beside it', async (name) => {
    const result = load('bad', name);
    expect(result.config).toBeNull();
    await expect(textOf(name, result.problems)).toMatchFileSnapshot(expectedOf('bad', name));
  });

  test.each(namesOf('good'))('good/%s is accepted, with the weaknesses written beside it', async (name) => {
    const result = load('good', name);
    expect(result.problems).toEqual([]);
    if (result.config === null) throw new Error('no configuration');
    const weak = sortProblems(findWeaknesses(result.config, result.typedSecrets).map(result.place));
    await expect(textOf(name, weak)).toMatchFileSnapshot(expectedOf('good', name));
  });

  test('ten mistakes are ten messages', () => {
    expect(load('bad', 'ten-mistakes.yaml').problems).toHaveLength(10);
  });

  test.each([...namesOf('bad')])('bad/%s tells no secret', (name) => {
    const result = load('bad', name);
    const told = JSON.stringify(result.problems);
    for (const secret of result.secrets) expect(told).not.toContain(secret);
    for (const part of ['horse', 'battery', 'hunter2']) expect(told).not.toContain(part);
  });
});

describe('a whole configuration', () => {
  const { config, document, baseDir, files, place } = load('good', 'whole.yaml');
  if (config === null) throw new Error('no configuration');
  const [orders, open] = config.apis;

  test('has absolute paths and defaults', () => {
    expect(config.dataDir).toBe(join(TESTDATA, 'good/.portcullis'));
    expect(config.store.location).toEqual({
      kind: 'sqlite',
      path: join(TESTDATA, 'good/.portcullis/portcullis.db'),
    });
    expect(config.journal).toEqual({
      path: join(TESTDATA, 'good/.portcullis/journal.jsonl'),
      maxBytes: 268_435_456,
      keepFiles: 4,
      onFailure: 'refuse',
    });
    expect(config.listeners.map(({ redirectToHttps }) => redirectToHttps)).toEqual([{ port: 8443 }, null]);
    expect(config.tiers.get('pro')).toMatchObject({
      perMinute: 500,
      perHour: 15_000,
      perDay: 100_000,
    });
    expect(config.tiers.get('internal')?.perMinute).toBe(10_000);
    expect(config.limits.headerBytes).toBe(16_384);
    expect(config.threads).toBeGreaterThan(0);
  });

  test('merges defaults, API and endpoint', () => {
    const [search, exports] = orders?.endpoints ?? [];
    expect(orders).toMatchObject({ hosts: ['api.company.com'], path: '/api/v1/orders' });
    expect(orders?.timeouts).toEqual({ connectMs: 2000, firstByteMs: 30_000, idleMs: 20_000 });
    expect(exports?.timeouts).toEqual({ connectMs: 2000, firstByteMs: 60_000, idleMs: 20_000 });
    expect(search).toMatchObject({ id: 'get-search', methods: ['GET'], path: '/search', retries: 1 });
    expect(search?.blocks.get('rateLimit')?.config).toMatchObject({ tier: 'fromPrincipal', perMinute: 20 });
    expect(orders?.blocks.get('rateLimit')?.config).not.toHaveProperty('perMinute');
    expect(search?.blocks.get('cors')).toBe(orders?.blocks.get('cors'));
  });

  test('takes numbers and texts from references', () => {
    expect(open?.upstream.targets).toEqual(['http://127.0.0.1:3000']);
    expect(open?.retries).toBe(2);
  });

  test('lists every file to watch', () => {
    expect(files.map((file) => file.slice(TESTDATA.length))).toEqual([
      '/good/whole.yaml',
      '/files/api.key',
      '/files/api.pem',
    ]);
  });

  test('is read from its document by another thread', () => {
    const again = parseDocument(structuredClone(document), baseDir).config;
    expect(again).toEqual(config);
  });

  test('places problems that are found later', () => {
    const problem = place({ pointer: '/apis/0/authenticate/anyOf/0/jwt/issuer', message: 'No such issuer.' });
    expect(problem).toMatchObject({ line: 37, column: 18 });
    expect(place({ pointer: '/apis/1/validate', message: '' })).toMatchObject({ line: 48 });
  });
});

describe('anything at all', () => {
  const words = [
    'version',
    'apis',
    'id',
    'upstream',
    'listeners',
    'defaults',
    'cors',
    'origins',
    'authenticate',
  ];
  const piece = fc.oneof(
    fc.constantFrom(
      ...words,
      '- ',
      ': ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '&a ',
      '*a',
      '!!set ',
      '? ',
      '|',
      '"',
    ),
    fc.constantFrom(
      '${env:SECRET}',
      '${env:',
      '${file:/}',
      '$${',
      '1',
      'none',
      '~',
      '__proto__',
      '---\n',
      '%YAML 1.1\n',
    ),
    fc.string({ unit: 'grapheme' }),
  );

  test('is a result, never an exception', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const result = parseConfig(text, '/nowhere/portcullis.yaml', { env: ENV });
        if (!text.includes(ENV.SECRET)) expect(JSON.stringify(result.problems)).not.toContain('battery');
        return result.config !== null || result.problems.length > 0;
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  test('in the shape of JSON is a result, never an exception', () => {
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.constantFrom('none', '/a', 1),
      ),
      object: fc.dictionary(
        fc.oneof(fc.constantFrom(...words, 'path', 'endpoints', 'tls', 'timeouts'), fc.string()),
        tie('node'),
      ),
      node: fc.oneof({ maxDepth: 4 }, tie('leaf'), fc.array(tie('node')), tie('object')),
    })).object;
    fc.assert(
      fc.property(value, (document) => {
        const { config, problems } = parseConfig(JSON.stringify(document), '/nowhere/x.yaml', { env: {} });
        return config !== null || problems.length > 0;
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  test.each([
    ['deep lists', '['.repeat(100_000)],
    ['deep blocks', '{a: '.repeat(20_000)],
    ['balanced depth', `a: ${'['.repeat(200)}${']'.repeat(200)}`],
    ['alias bomb', bomb()],
    ['a NUL', 'version: "\0"'],
    ['many aliases', `a: &a [1]\nb: [${'*a, '.repeat(20_000)}]`],
  ])('%s is told, soon', (_, text) => {
    const result = parseConfig(text, '/nowhere/x.yaml', { env: {} });
    expect(result.problems.length).toBeGreaterThan(0);
    expect(result.problems.length).toBeLessThan(20);
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
  return lines.join('\n');
}

test('a file that is not there, a directory and a large file are problems', () => {
  for (const path of ['nothing.yaml', TESTDATA]) {
    const { config, problems } = loadConfig(path, { env: {} });
    expect(config).toBeNull();
    expect(problems[0]?.message).toMatch(
      /^The configuration .* cannot be read: (there is no such file|it is a directory)\.$/,
    );
  }
});
