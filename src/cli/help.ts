import { VERSION } from '../version.ts';
import type { AnyCommand, OptionSpec } from './command.ts';
import { COMMON_OPTIONS } from './parse-options.ts';
import { table, wrap } from './terminal.ts';

const WIDTH = 96;

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

/** Help for the program as a whole. */
export function programHelp(commands: readonly AnyCommand[]): string {
  return [
    `Portcullis ${VERSION}, an API security gateway.`,
    '',
    'Usage: portcullis COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...indent(table(commands.map(({ name, words, summary }) => [[name, ...words].join(' '), summary]))),
    '',
    'Options:',
    ...indent(
      table([
        ['--help', 'Show help; with a command, the help of that command.'],
        ['--json', 'With any command: print exactly one JSON value, for programs; errors too.'],
        ['--version', 'Show the version.'],
      ]),
    ),
    '',
    'Exit codes: 0 it worked, 1 it was refused or failed, 2 the command line is wrong.',
    '',
    'Try it:',
    '  portcullis dev --upstream http://127.0.0.1:3000',
  ].join('\n');
}

/** Help for a noun with several verbs, such as `key`. */
export function groupHelp(noun: string, commands: readonly AnyCommand[]): string {
  const rows = commands.map(({ name, words, summary }) => [
    ['portcullis', name, ...words].join(' '),
    summary,
  ]);
  return [`Usage: portcullis ${noun} VERB [OPTIONS]`, '', ...indent(table(rows))].join('\n');
}

function noteOf(spec: OptionSpec): string {
  if (spec.kind === 'text' && spec.required) return ' Required.';
  const isShown = (spec.kind === 'text' || spec.kind === 'number') && (spec.default ?? '') !== '';
  return isShown ? ` Default: ${spec.default}` : '';
}

function optionRows(options: Readonly<Record<string, OptionSpec>>): string[] {
  const heads = Object.entries(options).map(([name, spec]) =>
    spec.kind === 'flag' ? `--${name}` : `--${name} ${spec.value}`,
  );
  const width = Math.max(...heads.map((head) => head.length)) + 2;
  return Object.values(options).flatMap((spec, at) =>
    wrap(spec.summary + noteOf(spec), WIDTH - width).map(
      (line, i) => (i === 0 ? (heads[at] as string) : '').padEnd(width) + line,
    ),
  );
}

function usageOf({ name, words, options }: AnyCommand): string {
  const required = Object.entries(options as Record<string, OptionSpec>).flatMap(([option, spec]) =>
    spec.kind === 'text' && spec.required ? [`--${option} ${spec.value}`] : [],
  );
  return ['portcullis', name, ...words, ...required, '[OPTIONS]'].join(' ');
}

/** Help for one command. */
export function commandHelp(command: AnyCommand): string {
  const { summary, about, options, examples, exits } = command;
  return [
    `Usage: ${usageOf(command)}`,
    '',
    summary,
    ...about.flatMap((paragraph) => ['', ...wrap(paragraph, WIDTH)]),
    '',
    'Options:',
    ...indent(optionRows({ ...options, ...COMMON_OPTIONS })),
    '',
    'Examples:',
    ...examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`]),
    '',
    'Exit codes:',
    `  0  ${exits[0]}`,
    `  1  ${exits[1]}`,
    '  2  The command line is wrong.',
  ].join('\n');
}
