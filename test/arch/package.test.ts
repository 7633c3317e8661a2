import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { productFiles, ROOT, sourcesIn } from './sources.ts';

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface LockEntry {
  readonly version: string;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = <Content>(path: string): Content =>
  JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Content;
const manifest = read<Manifest>('package.json');
const lock = read<{ packages: Record<string, LockEntry> }>('package-lock.json');

const groups = ['dependencies', 'optionalDependencies', 'devDependencies'] as const;
const pins = groups.flatMap((group) => Object.entries(manifest[group]));

const packageOf = (from: string): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
const isPackage = (from: string): boolean => !from.startsWith('.') && !from.startsWith('node:');

describe('package.json', () => {
  test.each(pins)('%s is pinned to one version', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(lock.packages[`node_modules/${name}`]?.version).toBe(version);
  });

  test('the version of the program is that of the package', () => {
    expect(VERSION).toBe(manifest.version);
  });

  test('is Apache-2.0, and has the licence', () => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(readFileSync(join(ROOT, 'LICENSE'), 'utf8')).toContain(
      'Apache License\n                           Version 2.0',
    );
  });

  test('asks for the runtime that it brings', () => {
    const major = /^>=(\d+)$/.exec(manifest.engines.node)?.[1];
    const brought = Object.entries(manifest.optionalDependencies).filter(([name]) => /^node-/.test(name));
    expect(brought.length).toBeGreaterThan(0);
    expect(new Set(brought.map(([, version]) => version)).size).toBe(1);
    for (const [, version] of brought) expect(version.split('.')[0]).toBe(major);
  });

  test('what the product imports is a dependency, and every dependency is imported', () => {
    const imported = new Set(
      productFiles().flatMap(({ imports, text }) => [
        ...imports.filter(({ from }) => isPackage(from)).map(({ from }) => packageOf(from)),
        // Packages of data are found by the name of their file.
        ...[...text.matchAll(/^const PACKAGED = '(@[^/']+\/[^/']+)\//gm)].map(([, name = '']) => name),
      ]),
    );
    expect([...imported].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  test('what tests and tools import is declared', () => {
    const declared = new Set(pins.map(([name]) => name));
    const files = ['src', 'test', 'tools', 'bench', 'examples'].flatMap(sourcesIn);
    const unknown = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => isPackage(from) && !declared.has(packageOf(from)))
        .map(({ from }) => `${path}: ${from}`),
    );
    expect(unknown).toEqual([]);
  });

  test.each(manifest.files.filter((path) => path !== 'dist'))('%s is there to be published', (path) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  test('every dependency says why it is there', () => {
    const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
    expect(pins.map(([name]) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  const entries = Object.entries(lock.packages).filter(([path]) => path !== '');

  test('nothing runs a script when it is installed', () => {
    expect(
      entries.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path),
    ).toEqual([]);
  });

  test('everything that is installed on Linux has a checksum', () => {
    const isForeign = ({ optional, os, libc }: LockEntry): boolean =>
      optional === true && (os?.includes('linux') === false || libc?.includes('musl') === true);
    const bare = entries.filter(([, entry]) => entry.integrity === undefined && !isForeign(entry));
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  test('names the packages of every platform: without one of them `npm ci` refuses the file', () => {
    const missing = entries.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          !(`${path}/node_modules/${name}` in lock.packages) && !(`node_modules/${name}` in lock.packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});
