import { execFileSync, spawn } from 'node:child_process';

/** What `openssl s_client` saw of a handshake. */
export interface HandshakeReport {
  /** Such as `TLSv1.3`; '' when the handshake failed. */
  readonly version: string;
  readonly cipher: string;
  /** Common name of the certificate. */
  readonly commonName: string;
  readonly isResumed: boolean;
  /** Everything it wrote. */
  readonly output: string;
}

/** Runs `openssl s_client`; `input` is what is typed, each piece after the connection has brought the text before it. */
export async function handshake(
  port: number,
  args: readonly string[],
  input: readonly (readonly [after: string, typed: string])[] = [],
): Promise<HandshakeReport> {
  const output = await run(['s_client', '-connect', `127.0.0.1:${port}`, ...args], input);
  const made = /^(New|Reused), (\S+), Cipher is (\S+)$/m.exec(output);
  const cipher = made === null || made[3] === '(NONE)' ? '' : (made[3] as string);
  return {
    version: cipher === '' ? '' : (made?.[2]?.replace(',', '') ?? ''),
    cipher,
    commonName: /^subject=.*?CN ?= ?([^\n,/]+)$/m.exec(output)?.[1] ?? '',
    isResumed: made?.[1] === 'Reused',
    output,
  };
}

/** Names of every TLS 1.2 suite that openssl has, weak ones too. */
export function tls12Suites(): string[] {
  const list = execFileSync('openssl', ['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0']);
  return list
    .toString()
    .trim()
    .split(':')
    .filter((name) => !name.startsWith('TLS_'));
}

function run(args: readonly string[], input: readonly (readonly [string, string])[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    const steps = [...input];
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString('latin1');
      while (steps[0] !== undefined && output.includes(steps[0][0]))
        child.stdin.write(steps.shift()?.[1] as string);
      if (steps.length === 0 && input.length > 0) child.stdin.end();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', () => resolve(output));
    if (input.length === 0) child.stdin.end();
  });
}
