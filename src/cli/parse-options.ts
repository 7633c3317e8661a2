import { parseArgs } from 'node:util';
import { closest } from '../lib/text/suggest.ts';
import type { AnyCommand, OptionSpec, OptionSpecs } from './command.ts';
import { UsageError } from './failure.ts';

/** Options that every command has. */
export const COMMON_OPTIONS = {
  json: { kind: 'flag', summary: 'Print exactly one JSON value, for programs; errors too.' },
  help: { kind: 'flag', summary: 'Show this help.' },
} as const satisfies OptionSpecs;

export interface ParsedOptions {
  readonly values: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

type Given = Map<string, string[]>;

const isFlag = (spec: OptionSpec): boolean => spec.kind === 'flag';

/** Reads the arguments after the name of a command; throws UsageError with a sentence for what it does not know. */
export function parseOptions(command: AnyCommand, args: readonly string[]): ParsedOptions {
  const specs: OptionSpecs = { ...command.options, ...COMMON_OPTIONS };
  const { given, words } = readTokens(command, specs, args);
  const json = given.has('json');
  if (given.has('help')) return { values: {}, words: [], json, help: true };
  checkWords(command, words);
  const values = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, optionValue(command, name, spec, given.get(name))]),
  );
  return { values, words, json, help: false };
}

function readTokens(
  command: AnyCommand,
  specs: OptionSpecs,
  args: readonly string[],
): { given: Given; words: string[] } {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      { type: isFlag(spec) ? 'boolean' : 'string' } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: args.map((arg) => (arg === '-h' ? '--help' : arg)),
    options,
    strict: false,
    tokens: true,
  });
  const given: Given = new Map();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) throw unknownOption(command, token.rawName, Object.keys(specs));
    const known = given.get(token.name);
    if (known !== undefined && spec.kind !== 'list' && spec.kind !== 'flag') {
      throw new UsageError(`${token.rawName} is given twice.`, command.name);
    }
    given.set(token.name, [...(known ?? []), argumentOf(command, spec, token)]);
  }
  return { given, words };
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string;
  readonly inlineValue?: boolean;
}

function argumentOf(command: AnyCommand, spec: OptionSpec, token: OptionToken): string {
  const { rawName, value, inlineValue } = token;
  if (spec.kind === 'flag') {
    if (value === undefined) return '';
    throw new UsageError(`${rawName} takes no value.`, command.name);
  }
  const isMissing = value === undefined || value === '' || (inlineValue !== true && /^-./.test(value));
  if (isMissing) throw new UsageError(`${rawName} needs a value: ${rawName} ${spec.value}.`, command.name);
  return value;
}

function unknownOption(command: AnyCommand, rawName: string, names: readonly string[]): UsageError {
  const nearest = closest(rawName.replace(/^-+/, ''), names);
  const hint = nearest === null ? '' : ` Did you mean --${nearest}?`;
  return new UsageError(`\`portcullis ${command.name}\` has no option ${rawName}.${hint}`, command.name);
}

function checkWords(command: AnyCommand, words: readonly string[]): void {
  const missing = command.words[words.length];
  if (missing !== undefined) {
    const usage = `portcullis ${command.name} ${command.words.join(' ')}`;
    throw new UsageError(`${missing} is missing: \`${usage}\`.`, command.name);
  }
  const extra = words[command.words.length];
  if (extra === undefined) return;
  const rule = command.words.length === 0 ? 'takes options only' : `takes ${command.words.join(' ')} only`;
  throw new UsageError(`\`${extra}\` is too much: \`portcullis ${command.name}\` ${rule}.`, command.name);
}

function optionValue(
  command: AnyCommand,
  name: string,
  spec: OptionSpec,
  given: string[] | undefined,
): unknown {
  switch (spec.kind) {
    case 'flag':
      return given !== undefined;
    case 'list':
      return (given ?? [])
        .flatMap((text) => text.split(','))
        .map((word) => word.trim())
        .filter((word) => word !== '');
    case 'number':
      return given === undefined ? spec.default : numberOf(command, name, spec, given[0] as string);
    case 'text':
      if (given === undefined && spec.required) {
        throw new UsageError(`--${name} ${spec.value} is missing.`, command.name);
      }
      return given?.[0] ?? spec.default;
  }
}

function numberOf(
  command: AnyCommand,
  name: string,
  spec: Extract<OptionSpec, { kind: 'number' }>,
  text: string,
): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= spec.least && value <= spec.most) return value;
  throw new UsageError(`--${name} must be a whole number from ${spec.least} to ${spec.most}.`, command.name);
}
