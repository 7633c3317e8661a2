import { spawn } from 'node:child_process';

/** What a program wrote and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end with something on its standard input. */
export function runProgram(
  program: string,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('latin1');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString('latin1');
    });
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

/** Runs curl with its trace of what was sent and received, without configuration or proxy of the user. */
export function curl(args: readonly string[], input: string | Buffer = ''): Promise<Ran> {
  return runProgram('curl', ['-q', '--noproxy', '*', '-sS', '-v', '--max-time', '20', ...args], input);
}
