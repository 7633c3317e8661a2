import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Import, productFiles, type SourceFile, sourcesIn } from './sources.ts';

/** Folders of `src` by layer: what a file imports lies on a lower one, or in its own folder. */
const LAYERS: readonly (readonly string[])[] = [
  ['lib'],
  ['core'],
  ['stages', 'stores'],
  ['config'],
  ['plan'],
  ['proxy', 'control', 'oauth'],
  ['gateway.ts', 'runtime', 'cli', 'index.ts', 'seclang.ts'],
];
/** May be imported from everywhere: a constant. */
const VERSION = 'src/version.ts';

/** Modules that open connections or speak HTTP. */
const NETWORK = /^(?:node:)?(?:http|http2|https|net|tls|dgram|dns|undici)(?:\/|$)/;
/** The folder that may use each of the modules whose types nobody else may see. */
const HTTP_MODULES: Readonly<Record<string, RegExp>> = {
  'node:http':
    /^src\/proxy\/|^src\/control\/admin-[a-z-]+\.ts$|^src\/oauth\/(?:http-entry|gateway-facts|read-form)\.ts$/,
  'node:http2': /^src\/proxy\//,
  'node:https': /^src\/proxy\//,
  undici: /^src\/proxy\//,
};

const files = productFiles();

const folderOf = (path: string): string => path.split('/')[1] ?? '';
const layerOf = (path: string): number => LAYERS.findIndex((folders) => folders.includes(folderOf(path)));

/** The imports that break a rule, as text. */
function breaches(
  inFiles: readonly SourceFile[],
  isBreach: (imported: Import, file: SourceFile) => boolean,
): string[] {
  return inFiles.flatMap((file) =>
    file.imports
      .filter((imported) => isBreach(imported, file))
      .map(({ from }) => `${file.path} imports ${from}`),
  );
}

const inside = (folder: string): SourceFile[] =>
  files.filter(({ path }) => path.startsWith(`src/${folder}/`));
const into =
  (...folders: string[]) =>
  ({ path }: Import): boolean =>
    folders.some((folder) => path.startsWith(`src/${folder}/`) || path === `src/${folder}`);

describe('layers', () => {
  test('every file has a layer', () => {
    expect(files.filter(({ path }) => layerOf(path) < 0 && path !== VERSION).map(({ path }) => path)).toEqual(
      [],
    );
  });

  test('imports go down only', () => {
    const isUpward = ({ path }: Import, file: SourceFile): boolean => {
      if (!path.startsWith('src/') || path === VERSION || folderOf(path) === folderOf(file.path))
        return false;
      const [from, to] = [layerOf(file.path), layerOf(path)];
      return to > from || (to === from && from < LAYERS.length - 1);
    };
    expect(breaches(files, isUpward)).toEqual([]);
  });

  test('the product imports nothing from tests, tools, examples or the bench', () => {
    expect(breaches(files, ({ path }) => path !== '' && !path.startsWith('src/'))).toEqual([]);
  });

  test('a stage never imports another stage', () => {
    const isOther = ({ path }: Import, file: SourceFile): boolean => {
      const own = file.path.split('/').slice(0, 3).join('/');
      return path.startsWith('src/stages/') && !path.startsWith(`${own}/`);
    };
    const stages = inside('stages').filter(({ path }) => path !== 'src/stages/index.ts');
    expect(breaches(stages, isOther)).toEqual([]);
  });

  test('a stage never imports a store', () => {
    expect(breaches(inside('stages'), into('stores'))).toEqual([]);
  });

  test.each(['lib', 'core', 'stages', 'plan'])('%s never touches the network', (folder) => {
    expect(breaches(inside(folder), ({ from }) => NETWORK.test(from))).toEqual([]);
    const fetching = inside(folder).filter(({ text }) => /(?<![.\w])fetch\(/.test(text));
    expect(fetching.map(({ path }) => path)).toEqual([]);
  });

  test.each(['lib', 'core', 'stages', 'plan'])('%s never touches files, processes or threads', (folder) => {
    const isInputOutput = ({ from, isTypeOnly }: Import): boolean =>
      !isTypeOnly && /^node:(?:fs|child_process|worker_threads|cluster|os)/.test(from);
    expect(breaches(inside(folder), isInputOutput)).toEqual([]);
  });

  test('lib is pure: nothing of ours above it, no package', () => {
    const isForeign = ({ from }: Import): boolean =>
      !from.startsWith('.') && !/^node:(?:crypto|zlib|buffer)$/.test(from);
    expect(breaches(inside('lib'), isForeign)).toEqual([]);
  });

  test('the proxy never sees the configuration', () => {
    expect(breaches(inside('proxy'), into('config'))).toEqual([]);
  });

  test('the proxy knows no stage by name', () => {
    expect(breaches(inside('proxy'), into('stages'))).toEqual([]);
  });

  test('the control plane knows the stores by their interfaces only', () => {
    expect(breaches(inside('control'), into('stores', 'proxy', 'plan'))).toEqual([]);
  });

  test('nobody imports gateway.ts, runtime/ or cli/ but the top layer', () => {
    const lower = files.filter(({ path }) => layerOf(path) < LAYERS.length - 1);
    expect(breaches(lower, into('gateway.ts', 'runtime', 'cli', 'index.ts', 'seclang.ts'))).toEqual([]);
  });

  test('the gateway knows nothing of the command line', () => {
    const gateway = [...inside('runtime'), ...files.filter(({ path }) => path === 'src/gateway.ts')];
    expect(breaches(gateway, into('cli'))).toEqual([]);
  });

  test.each(Object.entries(HTTP_MODULES))('%s is used only where it is spoken', (module, allowed) => {
    const isUsed = ({ from }: Import, { path }: SourceFile): boolean =>
      (from === module || from.startsWith(`${module}/`)) && !allowed.test(path);
    expect(breaches(files, isUsed)).toEqual([]);
  });

  test('no test outside the folders of the codecs sees a type of node:http or undici', () => {
    const tests = [...sourcesIn('src').filter(({ isTest }) => isTest), ...sourcesIn('test')];
    const isUsed = ({ from }: Import, { path }: SourceFile): boolean =>
      /^undici(?:\/|$)/.test(from) && !path.startsWith('src/proxy/');
    expect(breaches(tests, isUsed)).toEqual([]);
  });

  test('the public API shows no type of a dependency', () => {
    const entries = files.filter(({ path }) => path === 'src/index.ts' || path === 'src/seclang.ts');
    expect(breaches(entries, ({ from }) => !from.startsWith('.'))).toEqual([]);
  });
});

describe('names and forms', () => {
  const all = ['src', 'test', 'tools', 'bench', 'examples'].flatMap(sourcesIn);

  test('file names are kebab-case', () => {
    const isKebab = (name: string): boolean =>
      /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:schema|test|fuzz|gen))*\.ts$/.test(name);
    expect(all.map(({ path }) => path).filter((path) => !isKebab(basename(path)))).toEqual([]);
  });

  test('no file is called after what it is good for in general', () => {
    const vague = /(?:^|[-./])(?:utils?|helpers?|managers?|impl|common|misc)(?:[-./]|$)/;
    expect(all.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  test('no class or function is', () => {
    const vague =
      /^export (?:abstract )?(?:class|function|const|interface|type) \w*(?:Util|Utils|Helper|Helpers|Manager|Impl)\b/m;
    expect(all.filter(({ text }) => vague.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('there are no default exports', () => {
    expect(all.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('there is no barrel but src/index.ts', () => {
    const isBarrel = ({ path, text }: SourceFile): boolean => {
      const statements = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').match(/^\S.*$/gm) ?? [];
      const passing = statements.filter((line) => /^export (?:type )?(?:\*|\{[^}]*\} from)/.test(line));
      return (
        path !== 'src/index.ts' &&
        (/^export \*/m.test(text) || (passing.length > 0 && passing.length === statements.length))
      );
    };
    expect(all.filter(isBarrel).map(({ path }) => path)).toEqual([]);
  });

  test('relative imports name the file with its extension', () => {
    expect(breaches(all, ({ from }) => from.startsWith('.') && !from.endsWith('.ts'))).toEqual([]);
  });

  test('there is no TODO, and a test is skipped only with a sentence that says what it needs', () => {
    const left =
      /\b(?:TODO|FIXME|XXX)\b|\b(?:test|describe|it)\.(?:only|todo)\(|\.skip\((?!\s*['"`]skipped )/;
    const own = 'test/arch/layers.test.ts';
    const found = all.filter(({ path, text }) => path !== own && left.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});
