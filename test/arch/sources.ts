import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** One import or re-export of a file. */
export interface Import {
  /** As written. */
  readonly from: string;
  /** Relative to the root where it is a file of ours, else ''. */
  readonly path: string;
  readonly isTypeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly isTest: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)';/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

function importsOf(path: string, text: string): Import[] {
  const found = [...text.matchAll(STATEMENT)].map(([, type, from]) => ({
    from,
    isTypeOnly: type !== undefined,
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, from]) => ({ from, isTypeOnly: false }));
  return [...found, ...dynamic].map(({ from = '', isTypeOnly }) => {
    const target = from.startsWith('.') ? posix.normalize(posix.join(dirname(path), from)) : '';
    return { from, path: target, isTypeOnly };
  });
}

/** Reads every TypeScript file below a folder. */
export function sourcesIn(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(ROOT, file).replaceAll('\\', '/');
      const text = readFileSync(file, 'utf8');
      const isTest = /\.test\.ts$|\/testdata\//.test(path);
      return { path, text, imports: importsOf(path, text), isTest };
    });
}

/** The files of the product itself, without tests and what only tests use. */
export function productFiles(): SourceFile[] {
  return sourcesIn('src').filter(({ isTest }) => !isTest);
}
