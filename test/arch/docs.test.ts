import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { loadConfig } from '../../src/config/load.ts';
import { OPERATIONS } from '../../src/control/operations.ts';
import { STAGES } from '../../src/stages/index.ts';
import { ROOT } from './sources.ts';

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

const blocksOf = (page: string, language: string): string[] =>
  [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text]) => text ?? '',
  );

/** Anchors as they are made of headings, and those that are written down. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

describe.each(pages)('%s', (page) => {
  const text = textOf(page);

  test('leads nowhere that is not there', () => {
    const links = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, target = '']) => target,
    );
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      if (/^https?:/.test(link)) return false;
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(textOf(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names no place that only one machine has', () => {
    expect(text.match(/\/(?:work|tmp|home|root|Users)\/\S*|registry\.\S+/g)).toBeNull();
  });

  test('uses only commands that there are', () => {
    const known = new Set(COMMANDS.map(({ name }) => name));
    const lines = blocksOf(page, 'sh').flatMap((block) => block.split('\n'));
    const used = lines.flatMap((line) => /^npm run portcullis -- (.*)$/.exec(line)?.[1] ?? []);
    const unknown = used.filter((words) => {
      const [first = '', second = '', third = ''] = words.split(/\s+/);
      return ![first, `${first} ${second}`, `${first} ${second} ${third}`].some((name) => known.has(name));
    });
    expect(unknown).toEqual([]);
  });

  test('uses only scripts that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const used = [
      ...text.matchAll(/`?npm (?:run (?:-s )?)?(start|test|bench|lint|types|generate|build|portcullis)\b/g),
    ];
    expect(used.map(([, name = '']) => name).filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

/** Configurations that a reader may take as they are: all of the README, and in guides those that begin at the beginning. */
const wholeConfigs = pages
  .filter((page) => page === 'README.md' || page.startsWith('docs/guides/'))
  .flatMap((page) => blocksOf(page, 'yaml').map((text, at) => [page, at + 1, text] as const))
  .filter(([page, , text]) => page === 'README.md' || text.startsWith('version: 1'));

test.each(wholeConfigs)('%s: configuration %i has no mistake', (_, __, text) => {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-docs-'));
  const names = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => name);
  for (const name of names) vi.stubEnv(name, 'a value of the environment');
  try {
    mkdirSync(join(dir, 'tls'));
    for (const [, path = ''] of text.matchAll(/\$\{file:([^}]+)\}/g)) {
      writeFileSync(join(dir, path), '-----BEGIN PRIVATE KEY-----\n');
    }
    writeFileSync(join(dir, 'portcullis.yaml'), text);
    expect(loadConfig(join(dir, 'portcullis.yaml')).problems).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true });
  }
});

test('ARCHITECTURE.md tells the order of the stages with its reasons', () => {
  const rows = [...textOf('ARCHITECTURE.md').matchAll(/^\| \d+ \| ([a-z-]+) \| (.+?) \|$/gm)];
  expect(rows.map(([, name, why]) => [name, `${why}.`])).toEqual(
    STAGES.map(({ stage, why }) => [stage.name, why.replaceAll('’', "'")]),
  );
});

test('docs/operations.md lists every admin operation', () => {
  const page = textOf('docs/operations.md');
  const missing = Object.values(OPERATIONS).filter(({ path }) => !page.includes(path));
  expect(missing.map(({ path }) => path)).toEqual([]);
});

test('docs/decisions/README.md lists every decision', () => {
  const index = textOf('docs/decisions/README.md');
  const files = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
  expect(files.filter((name) => !index.includes(`(${name})`))).toEqual([]);
  expect(new Set(files.map((name) => name.slice(0, 4))).size).toBe(files.length);
});
