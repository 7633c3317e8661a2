import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { indexLine, type Signed } from './pki.ts';

/** A responder: `openssl ocsp`, which knows the certificates it is given. */
export interface OcspResponder extends AsyncDisposable {
  readonly url: string;
  /** Ends it; nobody answers any more. */
  stop(): Promise<void>;
}

export interface ResponderSketch {
  readonly authority: Signed;
  /** Who signs the answers; the authority when absent. */
  readonly signer?: Signed;
  readonly good?: readonly Signed[];
  readonly revoked?: readonly Signed[];
  readonly port?: number;
  readonly args?: readonly string[];
}

/** Starts a responder on a free port of the loopback address. */
export async function startResponder(sketch: ResponderSketch): Promise<OcspResponder> {
  const { authority, signer = authority, good = [], revoked = [], args = ['-nmin', '60'] } = sketch;
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-ocsp-'));
  const [port = 0] = sketch.port === undefined ? await freePorts(1) : [sketch.port];
  writeFileSync(join(dir, 'ca.pem'), authority.cert);
  writeFileSync(join(dir, 'signer.pem'), signer.cert);
  writeFileSync(join(dir, 'signer.key'), signer.key);
  const lines = [
    ...good.map(({ cert }) => indexLine(cert, 'V')),
    ...revoked.map(({ cert }) => indexLine(cert, 'R')),
  ];
  writeFileSync(join(dir, 'index.txt'), lines.join(''));
  const files = ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'signer.pem', '-rkey', 'signer.key'];
  const child = spawn('openssl', ['ocsp', '-port', String(port), ...files, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await listens(child);
  const stop = () => ended(child);
  return {
    url: `http://127.0.0.1:${port}/`,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** It serves one client at a time, so that nobody may try whether it is there. */
function listens(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const take = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('waiting for OCSP client')) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', () => reject(new Error(`openssl ocsp: ${said}`)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
