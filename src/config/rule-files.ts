import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigProblem } from '../core/errors.ts';
import { categoryOf } from '../core/rule-categories.ts';
import type { KnownRule } from '../core/rule-sets.ts';
import type { RuleOrigin } from '../core/waf.ts';
import { compileEngine } from '../lib/seclang/engine/compile-engine.ts';
import { findOperatorProblems } from '../lib/seclang/engine/operator-problems.ts';
import { fingerprintOf, roleOf } from '../lib/seclang/meaning/rule-meaning.ts';
import type { OperatorHost } from '../lib/seclang/operator.ts';
import { fileKey } from '../lib/seclang/syntax/file-key.ts';
import { parseRules } from '../lib/seclang/syntax/parse-rules.ts';
import type {
  EngineSettings,
  MacroText,
  Marker,
  Rule,
  RuleExclusion,
  RuleFileProblem,
  RuleFileReader,
  RuleProgram,
} from '../lib/seclang/syntax/rule.ts';
import type { WafConfig } from '../stages/waf/waf.schema.ts';
import { diskRuleFiles } from '../stores/rule-files.ts';

/** Rules on their way to the threads, read and checked. */
export interface RuleMaterial {
  /** Of all that was read: with the same one, what was compiled before serves. */
  readonly hash: string;
  readonly program: RuleProgram;
  /** Whether an operator asks libinjection. */
  readonly usesLibinjection: boolean;
  readonly rules: readonly KnownRule[];
}

/** The rule files of one block, as they were read. */
export interface RuleFilesRead {
  /** null where there are problems, or no rules. */
  readonly material: RuleMaterial | null;
  /** Pointers are relative to the block. */
  readonly problems: readonly ConfigProblem[];
  readonly notes: readonly ConfigProblem[];
  /** What was read and what was looked for, to be watched. */
  readonly files: readonly string[];
  /** What a linter wants to know beside the program. */
  readonly remarks: RuleRemarks;
}

/** What the files say that is in no rule. */
export interface RuleRemarks {
  readonly notes: readonly RuleFileProblem[];
  readonly exclusions: readonly RuleExclusion[];
}

const NO_REMARKS: RuleRemarks = { notes: [], exclusions: [] };

/** An entry of the configuration, in the order in which its files are read. */
interface Entry {
  readonly path: string;
  readonly pointer: string;
  readonly origin: RuleOrigin;
  readonly set: string;
}

const ROOT = fileURLToPath(new URL('../../rules', import.meta.url));
/** What every rule set begins with: how bodies are read, and what happens to those that cannot be. */
const BASE = join(ROOT, 'base', '*.conf');
const SHIPPED = join(ROOT, '*.conf');
const INJECTIONS: ReadonlySet<string> = new Set(['detectsqli', 'detectxss']);
/** Mistakes that are told one by one. */
const TOLD = 20;

/** The block says what these say: what files say of them is noted. */
const SAID_BY_BLOCK: Partial<EngineSettings> = {
  engine: 'on',
  requestBodyAccess: true,
  responseBodyAccess: true,
  requestBodyLimitBytes: Number.MAX_SAFE_INTEGER,
  requestBodyNoFilesLimitBytes: Number.MAX_SAFE_INTEGER,
  requestBodyLimitAction: 'partial',
  responseBodyLimitBytes: Number.MAX_SAFE_INTEGER,
  responseBodyLimitAction: 'partial',
};

/** Operators are compiled to find what is wrong with them; no request is looked at. */
export const NO_OPERATOR_HOST: OperatorHost = {
  sqlFingerprint: () => '',
  isXss: () => false,
  countryOf: () => '',
  dataFile: () => null,
  unicodeMap: new Map(),
};

/** What was compiled before without a problem, so that a reload for another reason does not compile it again. */
const sound = new Set<string>();
const MAX_SOUND = 64;

function entriesOf({ include, custom }: WafConfig): Entry[] {
  const base: Entry = { path: BASE, pointer: '', origin: 'shipped', set: '' };
  const own = custom.map(
    (path, at): Entry => ({ path, pointer: `/custom/${at}`, origin: 'custom', set: path }),
  );
  const released = include?.map(
    (path, at): Entry => ({ path, pointer: `/include/${at}`, origin: 'include', set: path }),
  );
  return [base, ...own, ...(released ?? [{ path: SHIPPED, pointer: '', origin: 'shipped', set: '' }])];
}

/** A reader that keeps what it read, and which entry of the configuration it was read for. */
class TracedReader implements RuleFileReader {
  readonly texts = new Map<string, string | null>();
  readonly entryOf = new Map<string, Entry>();
  readonly looked = new Set<string>();
  readonly #disk = diskRuleFiles('/');
  readonly #entries: readonly Entry[];
  #entry: Entry | undefined;

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  find(pattern: string, fromFile: string): readonly string[] {
    if (fromFile === '') this.#entry = this.#entries.find(({ path }) => path === pattern);
    const found = this.#disk.find(pattern, fromFile);
    if (/[*?[]/.test(pattern) && fromFile === '') this.looked.add(dirname(pattern));
    return found;
  }

  read(path: string): string | null {
    const text = this.texts.get(path) ?? this.#disk.read(path);
    this.texts.set(path, text);
    if (this.#entry !== undefined && !this.entryOf.has(path)) this.entryOf.set(path, this.#entry);
    return text;
  }

  get files(): string[] {
    return [...this.texts.keys(), ...this.looked];
  }

  hash(): string {
    const hash = createHash('sha256');
    for (const [path, text] of this.texts) hash.update(`${path}\n${text?.length ?? -1}\n${text ?? ''}`);
    return hash.digest('hex');
  }
}

/** Reads and checks the rule files of a block; never throws. */
export function readRuleFiles(config: WafConfig): RuleFilesRead {
  const entries = entriesOf(config);
  const reader = new TracedReader(entries);
  const reading = parseRules(
    entries.map(({ path }) => path),
    reader,
  );
  const place = (problem: RuleFileProblem): ConfigProblem => placed(problem, reader, entries);
  const { files } = reader;
  if ('problems' in reading) {
    return {
      material: null,
      problems: tell(reading.problems.filter(isTold).map(place)),
      notes: [],
      files,
      remarks: NO_REMARKS,
    };
  }
  const program = { ...reading.program, settings: { ...reading.program.settings, ...SAID_BY_BLOCK } };
  const hash = reader.hash();
  const wrong = compileProblems(program, hash);
  const notes = [...reading.notes, ...settingNotes(reading.program.settings, entries)].map(place);
  if (wrong.length > 0)
    return { material: null, problems: tell(wrong.map(place)), notes, files, remarks: reading };
  const usesLibinjection = links(program).some(({ operator }) =>
    INJECTIONS.has(operator?.name.toLowerCase() ?? ''),
  );
  const material = { hash, program, usesLibinjection, rules: knownRules(program, reader) };
  return { material, problems: [], notes, files, remarks: reading };
}

/** A gateway without rules of its own has none to miss. */
const isTold = ({ at, token }: RuleFileProblem): boolean => !(at.file === SHIPPED && token === SHIPPED);

/** The first mistakes, and how many more there are. */
function tell(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const more = problems.length - TOLD;
  if (more <= 0) return [...problems];
  const message = `There are ${more} more mistakes in rule files.`;
  return [...problems.slice(0, TOLD), { pointer: problems[0]?.pointer ?? '', message }];
}

/** Says where in which file what is wrong, and which entry of the configuration brought the file. */
function placed(
  { at, token, message }: RuleFileProblem,
  reader: TracedReader,
  entries: readonly Entry[],
): ConfigProblem {
  const entry = reader.entryOf.get(at.file) ?? entries.find(({ path }) => path === at.file);
  if (entry !== undefined && token === entry.path) return { pointer: entry.pointer, message };
  const word = token === '' ? '' : ` \`${token.slice(0, 100)}\``;
  return { pointer: entry?.pointer ?? '', message: `${at.file}, line ${at.line}:${word}: ${message}` };
}

/** What operators do not take, such as a pattern, only shows when they are compiled. */
function compileProblems(program: RuleProgram, hash: string): RuleFileProblem[] {
  if (sound.has(hash)) return [];
  try {
    compileEngine(program, NO_OPERATOR_HOST);
    if (sound.size >= MAX_SOUND) sound.clear();
    sound.add(hash);
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const all = findOperatorProblems(program, NO_OPERATOR_HOST);
    return all.length > 0 ? all : [problemOf(error.message)];
  }
}

/** The problem that the message of an engine's error tells. */
function problemOf(message: string): RuleFileProblem {
  const found = /^(.*?):(\d+): (.*)$/s.exec(message);
  const at = { file: found?.[1] ?? '', line: Number(found?.[2] ?? 0) };
  return { at, token: '', message: found?.[3] ?? message };
}

function settingNotes(
  { engine, requestBodyAccess, responseBodyAccess }: EngineSettings,
  entries: readonly Entry[],
): RuleFileProblem[] {
  const at = { file: entries.at(-1)?.path ?? '', line: 1 };
  const note = (token: string, message: string): RuleFileProblem => ({ at, token, message });
  return [
    ...(engine === 'on'
      ? []
      : [note('SecRuleEngine', 'The files say another SecRuleEngine than On; `mode` of the block decides.')]),
    ...(requestBodyAccess
      ? []
      : [
          note(
            'SecRequestBodyAccess',
            'The files say SecRequestBodyAccess Off; bodies are looked at nevertheless.',
          ),
        ]),
    ...(responseBodyAccess
      ? []
      : [
          note(
            'SecResponseBodyAccess',
            'The files say SecResponseBodyAccess Off; `responses` of the block decides.',
          ),
        ]),
  ];
}

/** All links of all rules. */
function links({ items }: RuleProgram): Rule[] {
  const found: Rule[] = [];
  for (const item of items) {
    for (let link = isRule(item) ? item : null; link !== null; link = link.chained) found.push(link);
  }
  return found;
}

const isRule = (item: Rule | Marker): item is Rule => 'id' in item;
const textOf = (text: MacroText): string =>
  text
    .map((part) =>
      typeof part === 'string' ? part : `%{${part.name}${part.key === '' ? '' : `.${part.key}`}}`,
    )
    .join('');

function knownRules({ items, dataFiles }: RuleProgram, reader: TracedReader): KnownRule[] {
  const contentOf = (rule: Rule): string | null =>
    rule.operator === null
      ? null
      : (dataFiles.get(fileKey(textOf(rule.operator.argument), rule.at.file)) ?? null);
  return items.filter(isRule).map((rule) => {
    const entry = reader.entryOf.get(rule.at.file);
    return {
      id: rule.id,
      tags: rule.tags,
      fingerprint: fingerprintOf(rule, contentOf),
      origin: entry?.origin ?? 'shipped',
      set: entry?.set ?? '',
      category: categoryOf(rule.tags),
      message: textOf(rule.message),
      role: roleOf(rule),
    };
  });
}
