import { formatProblems } from '../config/format-problems.ts';
import { ConfigError, Unavailable } from '../core/errors.ts';
import { closest } from '../lib/text/suggest.ts';
import { VERSION } from '../version.ts';
import type { AnyCommand, CommandResult } from './command.ts';
import { COMMANDS } from './commands.ts';
import { CommandFailure, UsageError } from './failure.ts';
import { commandHelp, groupHelp, programHelp } from './help.ts';
import { parseOptions } from './parse-options.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** Runs one command line; resolves to the exit code: 0 it worked, 1 it was refused or failed, 2 wrong usage. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal = processTerminal(),
  commands: readonly AnyCommand[] = COMMANDS,
): Promise<0 | 1 | 2> {
  const json = args.includes('--json');
  let isTold = false;
  try {
    const result = await obey(withoutLeadingJson(args), terminal, commands);
    terminal.out(json ? JSON.stringify(result.json) : result.text);
    isTold = true;
    await result.stopped;
    return result.exitCode ?? 0;
  } catch (error) {
    // One JSON value only: what goes wrong after it is for standard error.
    return report(error, json && !isTold, terminal);
  }
}

/** `--json` may stand first; the command's own options come after its name. */
function withoutLeadingJson(args: readonly string[]): readonly string[] {
  if (args[0] !== '--json') return args;
  return args.length === 1 ? [] : [...args.slice(1), '--json'];
}

const saying = (text: string, json: unknown): CommandResult => ({ text, json });

async function obey(
  args: readonly string[],
  terminal: Terminal,
  commands: readonly AnyCommand[],
): Promise<CommandResult> {
  const [first = '--help'] = args;
  if (first === '--version' || first === '-v') return saying(VERSION, { version: VERSION });
  if (first === 'help' || first === '--help' || first === '-h') return help(args.slice(1), commands);
  if (first.startsWith('-')) {
    throw new UsageError(`Options come after the command: \`portcullis COMMAND ${first}\`.`);
  }
  const found = findCommand(args, commands);
  if (found === null) return help(args, commands, true);
  const { values, words, json, help: isHelp } = parseOptions(found.command, found.rest);
  if (isHelp) return helpOf(found.command);
  return found.command.run({ values: values as never, words, json, terminal });
}

/** The command whose words the arguments begin with. */
function findCommand(
  args: readonly string[],
  commands: readonly AnyCommand[],
): { command: AnyCommand; rest: readonly string[] } | null {
  for (const command of commands) {
    const words = command.name.split(' ');
    if (words.every((word, at) => args[at] === word)) return { command, rest: args.slice(words.length) };
  }
  return null;
}

const helpOf = (command: AnyCommand): CommandResult =>
  saying(commandHelp(command), { command: command.name, help: commandHelp(command) });

/** Help for what the words name; where it was not asked for, a noun alone is a mistake. */
function help(words: readonly string[], commands: readonly AnyCommand[], isMistake = false): CommandResult {
  const [noun] = words;
  if (noun === undefined || noun.startsWith('-')) {
    return saying(programHelp(commands), { help: programHelp(commands) });
  }
  const found = findCommand(words, commands);
  if (found !== null) return helpOf(found.command);
  const group = commands.filter(({ name }) => name.startsWith(`${noun} `));
  if (group.length === 0) throw unknownCommand(noun, commands);
  const [, verb] = words;
  if (verb !== undefined && !verb.startsWith('-')) throw unknownVerb(noun, verb, group);
  if (isMistake && !words.includes('--help') && !words.includes('-h')) {
    const verbs = group.map(({ name }) => `\`portcullis ${name}\``).join(', ');
    throw new UsageError(`\`portcullis ${noun}\` needs one more word: ${verbs}.`);
  }
  return saying(groupHelp(noun, group), { help: groupHelp(noun, group) });
}

function unknownCommand(word: string, commands: readonly AnyCommand[]): UsageError {
  const nearest = closest(word, [...new Set(commands.map(({ name }) => name.split(' ')[0] as string))]);
  const hint =
    nearest === null ? '`portcullis --help` lists them.' : `Did you mean \`portcullis ${nearest}\`?`;
  return new UsageError(`There is no command \`${word}\`. ${hint}`);
}

function unknownVerb(noun: string, verb: string, group: readonly AnyCommand[]): UsageError {
  const verbs = group.map(({ name }) => name.slice(noun.length + 1));
  const nearest = closest(verb, verbs);
  const hint =
    nearest === null ? `There are ${verbs.join(', ')}.` : `Did you mean \`portcullis ${noun} ${nearest}\`?`;
  return new UsageError(`There is no command \`${noun} ${verb}\`. ${hint}`);
}

interface Told {
  readonly exitCode: 1 | 2;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

function report(error: unknown, json: boolean, terminal: Terminal): 1 | 2 {
  const told = tell(error);
  if (json) terminal.out(JSON.stringify(told.json));
  else terminal.err(told.text);
  return told.exitCode;
}

function tell(error: unknown): Told {
  if (error instanceof UsageError) {
    const { message, command } = error;
    const more = `See \`portcullis ${command === '' ? '' : `${command} `}--help\`.`;
    return { exitCode: 2, text: `${message}\n${more}`, json: { error: 'usage', message } };
  }
  if (error instanceof CommandFailure) return tellFailure(error);
  if (error instanceof ConfigError) {
    const message = 'The configuration has mistakes.';
    const text = `${formatProblems('configuration', error.problems)}`;
    return { exitCode: 1, text, json: { error: 'config_invalid', message, problems: error.problems } };
  }
  if (error instanceof Unavailable) {
    const { message, dependency } = error;
    return { exitCode: 1, text: message, json: { error: 'unavailable', message, dependency } };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = 'This is a defect of Portcullis: report it with what follows.';
  return { exitCode: 1, text: `${message}\n${stack}`, json: { error: 'bug', message, stack } };
}

function tellFailure({ error, message, problems }: CommandFailure): Told {
  const lines = problems.map((problem) => formatProblems(problem.file, [problem]));
  return {
    exitCode: 1,
    text: [...lines, message].join('\n'),
    json: { error, message, ...(problems.length === 0 ? {} : { problems }) },
  };
}
