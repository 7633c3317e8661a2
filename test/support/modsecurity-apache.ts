import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { until } from './test-gateway.ts';

const MODULES = '/usr/lib/apache2/modules';
const APACHE = '/usr/sbin/apache2';

/** What ModSecurity wrote down about one request. */
export interface AuditEntry {
  readonly uniqueId: string;
  /** Ids of the rules whose matches a log shows, in the order of the matches. */
  readonly ruleIds: readonly number[];
  /** One line for each of them, as ModSecurity spells it. */
  readonly messages: readonly string[];
  readonly status: number;
}

export interface ModSecurityOptions {
  /** Directives of ModSecurity: settings, rules, `Include`. What is said in `settings` comes before. */
  readonly rules: string;
  /** Directives of Apache beside them. */
  readonly apache?: string;
  /** Port of 127.0.0.1 to which everything is forwarded; without it a second port of the same Apache answers 200. */
  readonly upstreamPort?: number;
  /** Files of the folder in which it runs, by name; rules name them relatively to `folder`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Requests handled at once. */
  readonly threads?: number;
  /** Whether matches are written down (`audit`, `entry`); not for measuring. */
  readonly isAudited?: boolean;
}

/** A private Apache with ModSecurity 2. */
export interface ModSecurityApache extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly folder: string;
  /** Sends the bytes on a connection of their own and gives back all that came. */
  send(request: string | Uint8Array): Promise<Buffer>;
  /** What was written down about the request whose answer this is; its `X-Unique-Id` says which. */
  entry(response: Buffer): Promise<AuditEntry>;
  /** What was written down so far. */
  entries(): readonly AuditEntry[];
  errorLog(): string;
}

/** Whether this machine has what `startModSecurity` needs; says once which package is missing. */
export function hasModSecurity(): boolean {
  if (existsSync(APACHE) && existsSync(`${MODULES}/mod_security2.so`)) return true;
  const sentence = 'tests need Apache with ModSecurity: apt-get install apache2 libapache2-mod-security2';
  if (process.env.CI === 'true') throw new Error(sentence);
  console.warn(`SKIPPED: ${sentence}`);
  return false;
}

/** What ModSecurity is told before the rules of a test. */
const SETTINGS = `
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRequestBodyLimit 134217728
SecRequestBodyNoFilesLimit 134217728
SecResponseBodyAccess Off
SecPcreMatchLimit 500000
SecPcreMatchLimitRecursion 500000
SecArgumentsLimit 1000
`;

function configuration(folder: string, ports: readonly number[], options: ModSecurityOptions): string {
  const { threads = 8, isAudited = true, upstreamPort = ports[1], apache = '', rules } = options;
  const modules = ['mpm_event', 'authz_core', 'unique_id', 'headers', 'rewrite', 'proxy', 'proxy_http'];
  const audit = isAudited
    ? `SecAuditEngine On\nSecAuditLogType Serial\nSecAuditLogFormat JSON\nSecAuditLogParts AFHZ\nSecAuditLog ${folder}/audit.log`
    : 'SecAuditEngine Off';
  return `
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ServerName localhost
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
Listen 127.0.0.1:${ports[0]}
${upstreamPort === ports[1] ? `Listen 127.0.0.1:${ports[1]}` : ''}
${[...modules, 'security2'].map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
ServerLimit 1
StartServers 1
ThreadsPerChild ${threads}
ThreadLimit ${threads}
MaxRequestWorkers ${threads}
MinSpareThreads 1
MaxSpareThreads ${threads}
LogLevel notice
ErrorLog ${folder}/error.log
DocumentRoot ${folder}/www
LimitRequestLine 131072
LimitRequestFieldSize 131072
LimitRequestFields 1000
AllowEncodedSlashes NoDecode
SecDataDir ${folder}/data
SecTmpDir ${folder}/data
${SETTINGS}
${audit}
${rules}
<VirtualHost 127.0.0.1:${ports[0]}>
Header always set X-Unique-Id %{UNIQUE_ID}e
ProxyPass / http://127.0.0.1:${upstreamPort}/ nocanon
ProxyPreserveHost On
${apache}
</VirtualHost>
<VirtualHost 127.0.0.1:${ports[1]}>
SecRuleEngine Off
RewriteEngine On
RewriteRule . - [R=200,L]
ErrorDocument 200 ok
</VirtualHost>
`;
}

/** Starts Apache with ModSecurity and these rules, and waits until it answers. */
export async function startModSecurity(options: ModSecurityOptions): Promise<ModSecurityApache> {
  const ports = await freePorts(2);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-modsecurity-'));
  chmodSync(folder, 0o755);
  for (const name of ['www', 'data']) {
    mkdirSync(join(folder, name));
    chmodSync(join(folder, name), 0o777);
  }
  for (const [name, text] of Object.entries(options.files ?? {})) {
    writeFileSync(join(folder, name), text, 'latin1');
  }
  const config = join(folder, 'httpd.conf');
  writeFileSync(config, configuration(folder, ports, options), 'latin1');
  const output = openSync(join(folder, 'stderr.log'), 'w');
  const child = spawn(APACHE, ['-D', 'FOREGROUND', '-f', config], { stdio: ['ignore', output, output] });
  const server = new RunningApache(ports[0] as number, folder, child);
  await server.started();
  return server;
}

class RunningApache implements ModSecurityApache {
  readonly port: number;
  readonly folder: string;
  readonly #child: ChildProcess;
  /** A test that ends early takes its server with it. */
  readonly #end = (): void => void this.#child.kill('SIGTERM');
  #entries: AuditEntry[] = [];
  #read = 0;

  constructor(port: number, folder: string, child: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
    process.once('exit', this.#end);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async started(): Promise<void> {
    const isUp = async () => {
      if (this.#child.exitCode !== null) throw new Error('it ended');
      return (await this.send('GET / HTTP/1.0\r\n\r\n').catch(() => Buffer.alloc(0))).length > 0;
    };
    try {
      await until('Apache with ModSecurity answers', isUp);
    } catch (error) {
      const said = `${this.#text('stderr.log')}${this.errorLog()}`;
      await this[Symbol.asyncDispose]();
      throw new Error(`Apache with ModSecurity does not start: ${said}`, { cause: error });
    }
  }

  send(request: string | Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      const bytes = typeof request === 'string' ? Buffer.from(request, 'latin1') : request;
      const socket = connect(this.port, '127.0.0.1', () => socket.end(bytes));
      socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')));
      socket.on('data', (piece) => pieces.push(piece));
      socket.once('error', (error) => (pieces.length > 0 ? resolve(Buffer.concat(pieces)) : reject(error)));
      socket.once('end', () => resolve(Buffer.concat(pieces)));
    });
  }

  async entry(response: Buffer): Promise<AuditEntry> {
    const id = uniqueIdOf(response);
    let found: AuditEntry | undefined;
    await until(`ModSecurity writes about ${id}`, () => {
      found = this.entries().findLast(({ uniqueId }) => uniqueId === id);
      return found !== undefined;
    });
    return found as AuditEntry;
  }

  entries(): readonly AuditEntry[] {
    const text = this.#text('audit.log');
    const end = text.lastIndexOf('\n') + 1;
    if (end > this.#read) {
      for (const line of text.slice(this.#read, end - 1).split('\n')) this.#entries.push(parseEntry(line));
      this.#read = end;
    }
    return this.#entries;
  }

  errorLog(): string {
    return this.#text('error.log');
  }

  #text(name: string): string {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, 'latin1') : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#end);
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The id that a response says its transaction had; '' where it says none. */
export function uniqueIdOf(response: Buffer): string {
  return /^x-unique-id: *(\S+)/im.exec(response.toString('latin1'))?.[1] ?? '';
}

interface JsonEntry {
  readonly transaction: { readonly transaction_id: string };
  readonly response?: { readonly status?: number };
  readonly audit_data?: { readonly messages?: readonly string[] };
}

function parseEntry(line: string): AuditEntry {
  const { transaction, response, audit_data } = JSON.parse(line) as JsonEntry;
  const messages = audit_data?.messages ?? [];
  const ruleIds = messages.flatMap((message) => {
    const id = /\[id "(\d+)"\]/.exec(message)?.[1];
    return id === undefined ? [] : [Number(id)];
  });
  return { uniqueId: transaction.transaction_id, ruleIds, messages, status: response?.status ?? 0 };
}
