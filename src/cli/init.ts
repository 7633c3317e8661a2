import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../config/load.ts';
import { Unavailable } from '../core/errors.ts';
import { defineCommand } from './command.ts';
import { CommandFailure, UsageError } from './failure.ts';
import { initTemplate } from './init-template.ts';

const FILE = 'portcullis.yaml';
/** In a checkout and in an installed package alike. */
const SCHEMA = fileURLToPath(new URL('../../schema/portcullis.schema.json', import.meta.url));

function schemaFrom(dir: string): string {
  const path = relative(dir, SCHEMA).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

function save(path: string, text: string, force: boolean): void {
  try {
    mkdirSync(resolve(path, '..'), { recursive: true });
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && !force) {
      throw new CommandFailure('exists', `${path} exists already: \`--force\` replaces it.`);
    }
    throw new Unavailable('configuration', `${path} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** `portcullis init`. */
export const init = defineCommand({
  name: 'init',
  summary: 'Write a commented portcullis.yaml to begin with.',
  about: [
    'Protects one API with keys and a rate limit per caller. Editors that know YAML schemas complete it.',
  ],
  words: [],
  options: {
    dir: { kind: 'text', value: 'FOLDER', default: '.', summary: 'Where to write it.' },
    upstream: {
      kind: 'text',
      value: 'URL',
      default: 'http://127.0.0.1:3000',
      summary: 'The server to protect.',
    },
    force: { kind: 'flag', summary: 'Replace the file where there is one.' },
  },
  examples: [
    ['portcullis init --upstream http://127.0.0.1:3000', 'Then run `portcullis check` and `portcullis run`.'],
  ],
  exits: { 0: 'The file is written.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const path = join(values.dir, FILE);
    const text = initTemplate(schemaFrom(resolve(values.dir)), values.upstream);
    const [problem] = parseConfig(text, path).problems;
    // The template is right, so what is wrong is what was put into it.
    if (problem !== undefined)
      throw new UsageError(`--upstream cannot be \`${values.upstream}\`: ${problem.message}`, 'init');
    save(path, text, values.force);
    const option = values.dir === '.' ? '' : ` --config ${path}`;
    const next = [
      [`portcullis check${option}`, 'finds mistakes and weak settings'],
      [`portcullis key create --name me${option}`, 'makes a key and prints it once'],
      [`portcullis run${option}`, 'starts the gateway'],
    ] as const;
    const width = Math.max(...next.map(([command]) => command.length));
    return {
      text: [
        `${terminal.paint('bold', path)} is written. Next:`,
        '',
        ...next.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`),
        '',
        `Keep ${join(values.dir, '.portcullis')} out of version control: it will hold keys and journal.`,
      ].join('\n'),
      json: { path: resolve(path), next: next.map(([command]) => command) },
    };
  },
});
