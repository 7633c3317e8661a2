import { CommandFailure } from './failure.ts';

const MAX_CHARS = 1024;
const ENTER = ['\r', '\n'];
const CONTROL_C = '\u0003';
const CONTROL_D = '\u0004';
const ERASE = ['\u007f', '\b'];

/** The first line of standard input. */
export async function readSecretLine(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const piece of process.stdin) {
    text += piece;
    if (text.includes('\n') || text.length > MAX_CHARS) break;
  }
  return (text.split('\n', 1)[0] as string).replace(/\r$/, '');
}

/** Asks for a secret at the terminal, without showing what is typed. */
async function promptSecret(question: string): Promise<string> {
  process.stderr.write(question);
  process.stdin.setRawMode(true).setEncoding('utf8').resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed: string[] = [];
      const take = (piece: string): void => {
        for (const char of piece) {
          if (ENTER.includes(char)) {
            process.stdin.off('data', take);
            return resolve(typed.join(''));
          }
          if (char === CONTROL_C || char === CONTROL_D) {
            process.stdin.off('data', take);
            return reject(new CommandFailure('aborted', 'Nothing was changed.'));
          }
          typed = ERASE.includes(char) ? typed.slice(0, -1) : [...typed, char];
        }
      };
      process.stdin.on('data', take);
    });
  } finally {
    process.stdin.setRawMode(false).pause();
    process.stderr.write('\n');
  }
}

/**
 * A new password: from standard input where that is asked for, else typed twice at the terminal.
 *
 * Safety: never an option of the command line, which other users of the machine can see and the shell remembers.
 */
export async function readNewPassword(isFromStdin: boolean): Promise<string> {
  if (isFromStdin) return readSecretLine();
  if (!process.stdin.isTTY) {
    const message = 'There is no terminal to ask for the password: pipe it in with --password-stdin.';
    throw new CommandFailure('no_terminal', message);
  }
  const first = await promptSecret('New password: ');
  if (first === (await promptSecret('The same again: '))) return first;
  throw new CommandFailure('mistyped', 'The two passwords differ; nothing was changed.');
}
