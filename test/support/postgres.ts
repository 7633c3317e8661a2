import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresAddress } from '../../src/stores/sql/postgres-url.ts';
import { freePorts } from './free-ports.ts';

const FOLDER = '/usr/lib/postgresql';
export const USER = 'gateway';
export const PASSWORD = 'p@ss/w:rd %41';

/** Folder with the programs of the newest PostgreSQL that Debian installed; '' when there is none. */
function findPrograms(): string {
  const versions = existsSync(FOLDER) ? readdirSync(FOLDER).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(FOLDER, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  return found ?? '';
}

const PROGRAMS = findPrograms();

/** Whether there is a PostgreSQL to test with; says once what to install when there is not, and fails under `CI=true`. */
export function hasPostgres(): boolean {
  if (PROGRAMS !== '') return true;
  const sentence = 'tests need PostgreSQL: apt-get install postgresql';
  if (process.env.CI === 'true') throw new Error(sentence);
  console.warn(`SKIPPED: ${sentence}`);
  return false;
}

/** A real PostgreSQL server in a folder of its own, on a port of its own and a socket. */
export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  /** Folder of the socket. */
  readonly dir: string;
  /** Makes an empty database and gives its address. */
  createDatabase(options?: string): Address;
  /** Runs SQL as the superuser and gives what `psql` prints. */
  sql(database: string, text: string): string;
  start(): Promise<void>;
  /** `fast` ends sessions and writes everything; `immediate` is a crash. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** Stops (`SIGSTOP`) or continues (`SIGCONT`) every process of the server. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

/** Where a database is, in the forms that tests need. */
export interface Address {
  readonly name: string;
  readonly url: string;
  readonly address: PostgresAddress;
}

/** The server refuses to run as root: as root it is run as the user that Debian made for it. */
function identity(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** The server and the processes that it has started. */
function processesOf(pid: number): number[] {
  const children = execFileSync('sh', ['-c', `ps -o pid= --ppid ${pid} || true`], { encoding: 'utf8' });
  return [pid, ...children.split('\n').map(Number).filter(Boolean)];
}

/**
 * Starts a server; `settings` go into postgresql.conf, `hba` replaces the rules for connections, `files` are written
 * into the folder of its data, for its user alone.
 */
export async function startPostgres(
  settings: readonly string[] = [],
  hba = '',
  files: Readonly<Record<string, string>> = {},
): Promise<TestPostgres> {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-pg-'));
  const data = join(dir, 'data');
  const who = identity();
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };
  if (who.uid !== undefined) chownSync(dir, who.uid, who.gid as number);
  const run = (program: string, args: readonly string[], input = ''): string =>
    execFileSync(join(PROGRAMS, program), args, {
      ...who,
      env,
      cwd: dir,
      input,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  run('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-sync']);
  const [port = 0] = await freePorts(1);
  writeFileSync(
    join(data, 'postgresql.auto.conf'),
    [
      `port = ${port}`,
      "listen_addresses = '127.0.0.1'",
      `unix_socket_directories = '${dir}'`,
      'fsync = off',
      'max_connections = 60',
      ...settings,
      '',
    ].join('\n'),
  );
  const rules = [
    'local all postgres trust',
    'host all all 127.0.0.1/32 scram-sha-256',
    'local all all scram-sha-256',
  ];
  writeFileSync(join(data, 'pg_hba.conf'), hba || `${rules.join('\n')}\n`);
  for (const [name, text] of Object.entries(files)) {
    const path = join(data, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (who.uid !== undefined) chownSync(path, who.uid, who.gid as number);
  }
  let server: ChildProcess | null = null;
  const psql = (database: string, text: string): string =>
    run(
      'psql',
      ['-h', dir, '-p', String(port), '-U', 'postgres', '-d', database, '-v', 'ON_ERROR_STOP=1', '-Atq'],
      text,
    );

  const start = async (): Promise<void> => {
    server = spawn(join(PROGRAMS, 'postgres'), ['-D', data], { ...who, env, cwd: dir, stdio: 'ignore' });
    for (let attempt = 0; ; attempt++) {
      try {
        psql('postgres', 'select 1');
        return;
      } catch (error) {
        if (attempt === 100 || server.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const stop = async (how: 'fast' | 'immediate' = 'fast'): Promise<void> => {
    const running = server;
    server = null;
    if (running === null || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    for (const pid of processesOf(running.pid as number)) kill(pid, 'SIGCONT');
    running.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  };

  await start();
  psql('postgres', `create role ${USER} login password '${PASSWORD}'`);
  let made = 0;
  return {
    port,
    dir,
    start,
    stop,
    sql: psql,
    createDatabase(options = '') {
      const name = `records${++made}`;
      psql('postgres', `create database ${name} owner ${USER} ${options}`);
      return addressOf(name, '127.0.0.1', port);
    },
    signal(name) {
      if (server !== null) for (const pid of processesOf(server.pid as number)) kill(pid, name);
    },
    async [Symbol.asyncDispose]() {
      await stop('immediate');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** The address of a database at another host or port, such as those of a proxy in between. */
export function addressOf(name: string, host: string, port: number): Address {
  const address: PostgresAddress = {
    host,
    port,
    database: name,
    user: USER,
    password: PASSWORD,
    sslMode: 'disable',
    sslRootCert: '',
    sslCert: '',
    sslKey: '',
    schema: '',
  };
  return { name, url: `postgres://${USER}@${host}:${port}/${name}`, address };
}
