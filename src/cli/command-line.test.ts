import { describe, expect, test } from 'vitest';
import { ConfigError, Unavailable } from '../core/errors.ts';
import { VERSION } from '../version.ts';
import { type AnyCommand, type CommandResult, defineCommand } from './command.ts';
import { runCommandLine } from './command-line.ts';
import { COMMANDS } from './commands.ts';
import { CommandFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: string, commands: readonly AnyCommand[] = COMMANDS): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    paint: (_, text) => text,
    paintErr: (_, text) => text,
  };
  const code = await runCommandLine(
    args.split(' ').filter((arg) => arg !== ''),
    terminal,
    commands,
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
}

function commandThat(act: () => Promise<CommandResult>): AnyCommand[] {
  const command = defineCommand({
    name: 'try it',
    summary: 'Tries.',
    about: [],
    words: [],
    options: {},
    examples: [],
    exits: { 0: '', 1: '' },
    run: act,
  });
  return [command];
}

describe('help', () => {
  test.each(['', '--help', '-h', 'help'])('`portcullis %s` lists every command', async (args) => {
    const { code, out } = await run(args);
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(out).toContain(`  ${name}`);
  });

  test.each(COMMANDS.map(({ name }) => name))(
    '%s has usage, options with defaults, examples and exit codes',
    async (name) => {
      const { code, out } = await run(`${name} --help`);
      expect(code).toBe(0);
      expect(await run(`help ${name}`)).toEqual({ code, out, err: '' });
      expect(out).toMatch(new RegExp(`^Usage: portcullis ${name}\\b`));
      for (const part of [
        'Options:\n',
        '--json',
        'Examples:\n  portcullis',
        'Exit codes:\n  0  ',
        '  1  ',
        '  2  ',
      ]) {
        expect(out).toContain(part);
      }
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    },
  );

  test('shows defaults', async () => {
    expect((await run('run --help')).out).toContain(
      '--config FILE  The configuration. Default: ./portcullis.yaml',
    );
    expect((await run('dev --help')).out).toMatch(
      /--port PORT +Port to listen on; 0 takes any\. Default: 8080/,
    );
  });

  test('a noun has its verbs', async () => {
    expect((await run('key --help')).out).toContain('portcullis key revoke ID');
    expect((await run('help key')).out).toContain('portcullis key create');
  });

  test('is JSON with --json', async () => {
    expect(JSON.parse((await run('run --help --json')).out)).toMatchObject({ command: 'run' });
    expect(JSON.parse((await run('--json')).out).help).toContain('Usage:');
  });
});

test('--version', async () => {
  expect(await run('--version')).toEqual({ code: 0, out: VERSION, err: '' });
  expect((await run('--version --json')).out).toBe(JSON.stringify({ version: VERSION }));
});

describe('wrong usage', () => {
  test.each([
    ['rnu', 'There is no command `rnu`. Did you mean `portcullis run`?\nSee `portcullis --help`.'],
    ['qqqqqq', 'There is no command `qqqqqq`. `portcullis --help` lists them.\nSee `portcullis --help`.'],
    [
      'key lst',
      'There is no command `key lst`. Did you mean `portcullis key list`?\nSee `portcullis --help`.',
    ],
    [
      'key',
      '`portcullis key` needs one more word: `portcullis key create`, `portcullis key list`, `portcullis key show`, `portcullis key rotate`, `portcullis key revoke`, `portcullis key compromise`, `portcullis key scan`.\n' +
        'See `portcullis --help`.',
    ],
    ['help rnu', 'There is no command `rnu`. Did you mean `portcullis run`?\nSee `portcullis --help`.'],
    [
      '--config x run',
      'Options come after the command: `portcullis COMMAND --config`.\nSee `portcullis --help`.',
    ],
    ['run --prot 1', '`portcullis run` has no option --prot.\nSee `portcullis run --help`.'],
    ['explain', 'REQUEST-ID is missing: `portcullis explain REQUEST-ID`.\nSee `portcullis explain --help`.'],
    ['key create', '--name NAME is missing.\nSee `portcullis key create --help`.'],
    [
      'dev --upstream localhost:1',
      '--upstream cannot be `localhost:1`: write scheme, host and port only, such as http://127.0.0.1:3000.\nSee `portcullis dev --help`.',
    ],
    [
      'dev --upstream http://h/p',
      '--upstream cannot be `http://h/p`: write scheme, host and port only, such as http://127.0.0.1:3000.\nSee `portcullis dev --help`.',
    ],
    [
      'dev --upstream http://h --open --key',
      '--open and --key exclude each other.\nSee `portcullis dev --help`.',
    ],
  ])('%s', async (args, err) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err });
  });

  test('is one JSON value with --json, wherever that stands', async () => {
    for (const args of ['--json rnu', 'rnu --json']) {
      const { code, out, err } = await run(args);
      expect([code, err]).toEqual([2, '']);
      expect(JSON.parse(out)).toEqual({
        error: 'usage',
        message: 'There is no command `rnu`. Did you mean `portcullis run`?',
      });
    }
  });
});

describe('how a command ends', () => {
  const problem = {
    file: 'p.yaml',
    line: 3,
    column: 5,
    pointer: '/apis/0',
    message: 'Wrong.',
    suggestion: 'Mend it.',
  };

  test.each([
    [
      new Unavailable('database', 'It is locked.'),
      'It is locked.',
      { error: 'unavailable', message: 'It is locked.', dependency: 'database' },
    ],
    [new CommandFailure('not_found', 'Gone.'), 'Gone.', { error: 'not_found', message: 'Gone.' }],
    [
      new CommandFailure('config_invalid', 'One mistake.', [problem]),
      'p.yaml:3:5  apis[0]  Wrong. Mend it.\nOne mistake.',
      { error: 'config_invalid', message: 'One mistake.', problems: [problem] },
    ],
    [
      new ConfigError([{ pointer: '/a', message: 'Wrong.' }]),
      'configuration  a  Wrong.',
      {
        error: 'config_invalid',
        message: 'The configuration has mistakes.',
        problems: [{ pointer: '/a', message: 'Wrong.' }],
      },
    ],
  ])('%s', async (error, text, json) => {
    const commands = commandThat(() => Promise.reject(error));
    expect(await run('try it', commands)).toEqual({ code: 1, out: '', err: text });
    const ran = await run('try it --json', commands);
    expect([ran.code, ran.err, JSON.parse(ran.out)]).toEqual([1, '', json]);
  });

  test('a defect says so and shows where', async () => {
    const { code, err } = await run(
      'try it',
      commandThat(() => Promise.reject(new TypeError('x is not a function'))),
    );
    expect(code).toBe(1);
    expect(err).toMatch(
      /^This is a defect of Portcullis: report it[^\n]*\nTypeError: x is not a function\n +at /,
    );
  });

  test('the code of a command that found something', async () => {
    const commands = commandThat(async () => ({ text: 'weak', json: { ok: false }, exitCode: 1 }));
    expect(await run('try it', commands)).toEqual({ code: 1, out: 'weak', err: '' });
  });

  test('one that stays prints at once, and one JSON value only, even when it ends badly', async () => {
    const stopped = Promise.reject(new Unavailable('x', 'It broke.'));
    const { code, out, err } = await run(
      'try it --json',
      commandThat(async () => ({ text: '', json: { pid: 1 }, stopped })),
    );
    expect({ code, out, err }).toEqual({ code: 1, out: '{"pid":1}', err: 'It broke.' });
  });
});
