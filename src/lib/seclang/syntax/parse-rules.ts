import { DIRECTIVES, type DirectiveFacts, MODULES } from './directive-table.ts';
import { unknown } from './macro.ts';
import { ProgramDraft } from './program-draft.ts';
import type { EngineSettings, RuleExclusion, RuleFileProblem, RuleFileReader, RuleProgram } from './rule.ts';
import { readAction, readDefaults, readFirst, readRule } from './rule-directives.ts';
import { applySetting, DEFAULT_SETTINGS, isSetting } from './settings.ts';
import { parseStatements, parseWords, type Statement, type Word } from './source.ts';
import { parseUnicodeMap } from './unicode-map.ts';
import { readActionUpdate, readRemoval, readTargetUpdate } from './update-directives.ts';

/** What rule files say: a program with what is to be known about it, or everything that is wrong. */
export type RuleReading =
  | {
      readonly program: RuleProgram;
      readonly notes: readonly RuleFileProblem[];
      readonly exclusions: readonly RuleExclusion[];
    }
  | { readonly problems: readonly RuleFileProblem[] };

/** What is not in the files. */
export interface RuleReadingOptions {
  /** What holds where the files do not say otherwise. */
  readonly settings?: Partial<EngineSettings>;
  /** What relative paths are seen from; '' is the working folder. */
  readonly fromFile?: string;
}

/** Reads rule files, named or by globs, in their order. Errors: every problem of every file at once. */
export function parseRules(
  paths: readonly string[],
  reader: RuleFileReader,
  options: RuleReadingOptions = {},
): RuleReading {
  const draft = new ProgramDraft({ ...DEFAULT_SETTINGS, ...options.settings });
  const files = new FileWalk(draft, reader);
  for (const path of paths) files.readAll(path, options.fromFile ?? '');
  const program = draft.finish();
  return program === null
    ? { problems: draft.problems }
    : { program, notes: draft.notes, exclusions: draft.exclusions };
}

/** Goes through files and what they include. */
class FileWalk {
  readonly #draft: ProgramDraft;
  readonly #reader: RuleFileReader;
  /** Files that are being read, outermost first. */
  readonly #open: string[] = [];

  constructor(draft: ProgramDraft, reader: RuleFileReader) {
    this.#draft = draft;
    this.#reader = reader;
  }

  /** Reads the files that a path or glob of the configuration stands for. */
  readAll(path: string, fromFile: string): void {
    const at = { file: path, line: 1 };
    const found = this.#reader.find(path, fromFile);
    if (found.length === 0) this.#draft.report({ at, token: path, message: `There is no file ${path}.` });
    for (const file of found)
      this.#readFile(file, (message) => this.#draft.report({ at, token: path, message }));
  }

  #readFile(file: string, complain: (message: string) => void): void {
    if (this.#open.includes(file)) {
      complain(`${file} includes itself, by way of ${this.#open.join(', ')}.`);
      return;
    }
    const text = this.#reader.read(file);
    if (text === null) {
      complain(`The file ${file} cannot be read.`);
      return;
    }
    this.#open.push(file);
    const blocks = new Blocks(this.#draft);
    for (const statement of parseStatements(file, text)) {
      if (!blocks.read(statement) && !blocks.isSkipping) this.#readStatement(statement);
    }
    blocks.close();
    this.#open.pop();
  }

  #readStatement(statement: Statement): void {
    const draft = this.#draft;
    const words = parseWords(statement, (token, message) => draft.report(statement.problem(token, message)));
    if (words === null) {
      draft.isBrokenChain ||= draft.openChain === null && /\bchain\b/i.test(statement.text);
      return;
    }
    const name = (words[0] as Word).text;
    const facts = DIRECTIVES.get(name.toLowerCase());
    if (facts === undefined) {
      const known = [...DIRECTIVES.values()].map((row) => row.name);
      draft.report(statement.problem(name, unknown('directive', name, known)));
      return;
    }
    const rest = words.slice(1);
    if (facts.status === 'refused')
      draft.report(
        statement.problem(name, `The directive ${facts.name} does not exist here: ${facts.note}.`),
      );
    else if (facts.status === 'accepted')
      draft.noteAbout(statement, words[0])(name, `${facts.name} has no effect. ${facts.note}`);
    else if (rest.length < facts.fewest || rest.length > facts.most)
      draft.report(statement.problem(name, wordsWanted(facts, rest.length)));
    else this.#readDirective(facts.name.toLowerCase(), statement, rest);
  }

  #readDirective(directive: string, statement: Statement, words: readonly Word[]): void {
    const draft = this.#draft;
    if (isSetting(directive)) {
      const wrong = applySetting(draft.settings, directive, words);
      const word = words[0];
      if (wrong !== '')
        draft.complainAbout(statement, word)(word?.text ?? '', `${wrong}, not ${word?.text}.`);
    } else if (directive === 'secrule') readRule(draft, statement, words, this.#reader);
    else if (directive === 'secaction') readAction(draft, statement, words);
    else if (directive === 'secdefaultaction') readDefaults(draft, statement, words);
    else if (directive === 'secmarker')
      draft.items.push({ marker: (words[0] as Word).text, at: statement.at });
    else if (directive === 'secruleupdateactionbyid') readActionUpdate(draft, statement, words);
    else if (directive.startsWith('secruleupdatetarget'))
      readTargetUpdate(draft, statement, directive, words);
    else if (directive.startsWith('secruleremove')) readRemoval(draft, statement, directive, words);
    else if (directive === 'secunicodemapfile') this.#readUnicodeMap(statement, words);
    else this.#include(statement, words[0] as Word, directive === 'includeoptional');
  }

  #include(statement: Statement, word: Word, isOptional: boolean): void {
    const complain = this.#draft.complainAbout(statement, word);
    const found = this.#reader.find(word.text, statement.at.file);
    if (found.length === 0 && !isOptional)
      complain(word.text, `There is no file ${word.text}; if there may be none, write IncludeOptional.`);
    for (const file of found) this.#readFile(file, (message) => complain(word.text, message));
  }

  #readUnicodeMap(statement: Statement, words: readonly Word[]): void {
    const [name, page] = words as [Word, Word | undefined];
    const content = readFirst(name.text, statement.at.file, this.#reader);
    const isNumber = page === undefined || /^\d{1,9}$/.test(page.text);
    const map =
      content === null || !isNumber
        ? null
        : parseUnicodeMap(content, page === undefined ? null : Number(page.text));
    if (map !== null) {
      this.#draft.settings.unicodeMap = map;
      return;
    }
    const wrong = content === null ? name : (page ?? name);
    const message =
      content === null
        ? `There is no file ${name.text}, or it cannot be read.`
        : `The file ${name.text} has no code page ${page?.text ?? ''}.`;
    this.#draft.complainAbout(statement, wrong)(wrong.text, message);
  }
}

function wordsWanted({ name, fewest, most }: DirectiveFacts, found: number): string {
  const wanted =
    fewest === most
      ? `${fewest}`
      : most === Number.POSITIVE_INFINITY
        ? `${fewest} or more`
        : `${fewest} or ${most}`;
  return `${name} is followed by ${wanted} ${wanted === '1' ? 'word' : 'words'}, not ${found}; put what holds blanks in quotes.`;
}

/** `<IfModule>` blocks of one file, nested. */
class Blocks {
  readonly #draft: ProgramDraft;
  readonly #open: { readonly name: string; readonly isRead: boolean; readonly statement: Statement }[] = [];

  constructor(draft: ProgramDraft) {
    this.#draft = draft;
  }

  /** Whether what stands here is not read. */
  get isSkipping(): boolean {
    return this.#open.some(({ isRead }) => !isRead);
  }

  /** Reads what begins or ends a block; false for any other statement. */
  read(statement: Statement): boolean {
    const found = /^<(\/?)([^\s>]*)\s*([^>]*)>?/.exec(statement.text);
    if (found === null) return false;
    const name = found[2] as string;
    if (found[1] === '/') this.#end(name, statement);
    else this.#begin(name, (found[3] as string).trim(), statement);
    return true;
  }

  #begin(name: string, argument: string, statement: Statement): void {
    const module = argument.replace(/^!\s*/, '').replace(/^(["'])(.*)\1$/, '$2');
    const isKnown = name.toLowerCase() === 'ifmodule' && MODULES.includes(module.toLowerCase());
    if (!isKnown && !this.isSkipping) {
      const message =
        name.toLowerCase() === 'ifmodule'
          ? `It cannot be told whether the module ${module} would be there; only ${MODULES[0]} is known. Take the lines out of the block, or the block out.`
          : `The block <${name}> belongs to a web server. Name these rules in the route of the configuration, or look at REQUEST_FILENAME in a rule.`;
      this.#draft.report(statement.problem(`<${name}`, message));
    }
    this.#open.push({ name, isRead: isKnown && !argument.startsWith('!'), statement });
  }

  #end(name: string, statement: Statement): void {
    const last = this.#open.at(-1);
    if (last?.name.toLowerCase() === name.toLowerCase()) this.#open.pop();
    else
      this.#draft.report(statement.problem(`</${name}`, `Nothing that </${name}> could end is open here.`));
  }

  /** At the end of the file. */
  close(): void {
    for (const { statement, name } of this.#open)
      this.#draft.report(
        statement.problem(
          `<${statement.text.slice(1, 1 + name.length)}`,
          `This block does not end; add </${name}>.`,
        ),
      );
  }
}
