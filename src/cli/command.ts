import type { Terminal } from './terminal.ts';

interface OptionBase {
  readonly summary: string;
}

/** One option of a command. */
export type OptionSpec =
  | (OptionBase & { readonly kind: 'flag' })
  | (OptionBase & {
      readonly kind: 'text';
      /** What stands for the value in the help, such as `FILE`. */
      readonly value: string;
      readonly default?: string;
      readonly required?: true;
    })
  | (OptionBase & {
      readonly kind: 'number';
      readonly value: string;
      readonly least: number;
      readonly most: number;
      readonly default: number;
    })
  /** Words between commas; may be given several times. */
  | (OptionBase & { readonly kind: 'list'; readonly value: string });

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec> = Spec extends { kind: 'flag' }
  ? boolean
  : Spec extends { kind: 'number' }
    ? number
    : Spec extends { kind: 'list' }
      ? string[]
      : Spec extends { kind: 'text'; default: string } | { kind: 'text'; required: true }
        ? string
        : string | undefined;

export type ValuesOf<Specs> = { readonly [Name in keyof Specs]: ValueOf<Specs[Name]> };

/** What a command gets of the command line. */
export interface CommandInput<Specs> {
  readonly values: ValuesOf<Specs>;
  /** As many as the command names. */
  readonly words: readonly string[];
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** What a command ends with. */
export interface CommandResult {
  /** For people; may be ''. */
  readonly text: string;
  /** For programs: printed as the one JSON value with `--json`. */
  readonly json: unknown;
  /** 0 unless said otherwise; 1 for a check that found something. */
  readonly exitCode?: 0 | 1;
  /** For commands that stay: resolves when they have stopped. */
  readonly stopped?: Promise<void>;
}

/** One command. */
export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** Noun and verb, or one word. */
  readonly name: string;
  readonly summary: string;
  /** More about it, a paragraph per entry. */
  readonly about: readonly string[];
  /** Names of the words it takes, such as `REQUEST-ID`. */
  readonly words: readonly string[];
  readonly options: Specs;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** What 0 and 1 mean for this command. */
  readonly exits: { readonly 0: string; readonly 1: string };
  run(input: CommandInput<Specs>): Promise<CommandResult>;
}

// biome-ignore lint/suspicious/noExplicitAny: each command has its own options
export type AnyCommand = Command<any>;

/** Keeps the types of a command's options. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command<Specs> {
  return command;
}

export const CONFIG_OPTION = {
  kind: 'text',
  value: 'FILE',
  default: './portcullis.yaml',
  summary: 'The configuration.',
} as const satisfies OptionSpec;
