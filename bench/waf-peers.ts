import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from './gateway.ts';
import { startNginx } from './nginx.ts';
import { isListening } from './probe.ts';
import { findFreePort, findProgram } from './processes.ts';
import type { Rig, StartOptions } from './subject.ts';

/** A server with or without rules. */
export interface WafSubject {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export interface WafKind {
  readonly id: string;
  readonly title: string;
  readonly isGuarded: boolean;
  readonly warmUpS: number;
  start(rig: Rig, options: StartOptions): Promise<WafSubject>;
}

const APACHE_MODULES = '/usr/lib/apache2/modules';
const NGINX_MODULE = '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so';
const MODSECURITY = '/etc/modsecurity';
const NGINX_ENGINE_FILE = '/etc/nginx/modsecurity.conf';
const APACHE_ENGINE_FILE = `${MODSECURITY}/modsecurity.conf-recommended`;

/** The Core Rule Set of the Debian package, unmodified, as each server includes it. */
export const CRS_FILES = [`${MODSECURITY}/crs/crs-setup.conf`, '/usr/share/modsecurity-crs/rules/*.conf'];

/** Packages without which nothing can be compared. */
export function missingWafPackages(): string[] {
  const files = {
    [NGINX_MODULE]: 'libnginx-mod-http-modsecurity',
    [join(APACHE_MODULES, 'mod_security2.so')]: 'libapache2-mod-security2',
    [`${MODSECURITY}/crs/crs-setup.conf`]: 'modsecurity-crs',
  };
  return Object.entries(files).flatMap(([path, name]) => (existsSync(path) ? [] : [name]));
}

/** The engine file that a package recommends, blocking and without an audit log, which the gateway has none of. */
function engineFile(rig: Rig, name: string, recommended: string): string {
  const folder = join(rig.dir, name);
  mkdirSync(folder);
  // Apache's workers write there as somebody else.
  chmodSync(rig.dir, 0o711);
  chmodSync(folder, 0o777);
  const text = readFileSync(recommended, 'utf8')
    .replace('SecRuleEngine DetectionOnly', 'SecRuleEngine On')
    .replace(/^SecAuditEngine .*/m, 'SecAuditEngine Off')
    .replace(/^SecAuditLog .*/m, '')
    .replace(/^SecUnicodeMapFile \S+/m, `SecUnicodeMapFile ${MODSECURITY}/unicode.mapping`)
    // A file of 200 KiB counts as one.
    .replace(/^Sec(Tmp|Data)Dir .*/gm, `Sec$1Dir ${folder}`);
  const path = join(folder, 'engine.conf');
  writeFileSync(path, `${text}\n${CRS_FILES.map((file) => `Include ${file}`).join('\n')}\n`);
  return path;
}

async function startNginxPeer(rig: Rig, options: StartOptions, isGuarded: boolean): Promise<WafSubject> {
  const port = await findFreePort();
  const name = `waf-nginx-${port}`;
  const rules = isGuarded
    ? `modsecurity on; modsecurity_rules_file ${engineFile(rig, `${name}.rules`, NGINX_ENGINE_FILE)};`
    : '';
  const server = `
    access_log ${join(rig.dir, `${name}.log`)} combined buffer=64k flush=1s;
    client_max_body_size 16m;
    client_body_buffer_size 1m;
    upstream backend { server 127.0.0.1:${rig.upstreamPort}; keepalive 128; keepalive_requests 1000000000; }
    server {
      listen 127.0.0.1:${port};
      location / {
        ${rules}
        proxy_pass http://backend;
        proxy_http_version 1.1;
        proxy_set_header Connection '';
        proxy_set_header Host $host;
      }
    }`;
  const running = startNginx(rig, name, server, options, `load_module ${NGINX_MODULE};`);
  await running.waitUntil(() => isListening(port), 20_000);
  return { pid: running.pid, port, stop: () => running.stop() };
}

async function startApachePeer(rig: Rig, options: StartOptions, isGuarded: boolean): Promise<WafSubject> {
  const port = await findFreePort();
  const name = `waf-apache-${port}`;
  const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'unique_id', 'security2'].map(
    (module) => `LoadModule ${module}_module ${APACHE_MODULES}/mod_${module}.so`,
  );
  const path = join(rig.dir, `${name}.conf`);
  writeFileSync(
    path,
    `ServerRoot ${rig.dir}
    ServerName localhost
    PidFile ${join(rig.dir, `${name}.pid`)}
    Listen 127.0.0.1:${port}
    ${modules.join('\n    ')}
    ErrorLog ${join(rig.dir, `${name}.error.log`)}
    LogLevel crit
    ${process.getuid?.() === 0 ? 'User www-data\n    Group www-data' : ''}
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 64
    MaxRequestWorkers 64
    KeepAlive On
    MaxKeepAliveRequests 0
    KeepAliveTimeout 3600
    ${isGuarded ? `Include ${engineFile(rig, `${name}.rules`, APACHE_ENGINE_FILE)}` : ''}
    ProxyPass / http://127.0.0.1:${rig.upstreamPort}/ keepalive=On
    `,
  );
  const args = ['-f', path, '-D', 'FOREGROUND'];
  const running = rig.processes.start(name, findProgram('apache2'), args, { cpus: options.cpus });
  await running.waitUntil(() => isListening(port), 20_000);
  return { pid: running.pid, port, stop: () => running.stop() };
}

async function startPortcullis(rig: Rig, options: StartOptions, waf: object): Promise<WafSubject> {
  const { pid, ports, stop } = await startGateway(rig, options, { change: { defaults: { waf } } });
  return { pid, port: ports.http, stop };
}

/** With rules and without, so that what the rules add can be told from what proxying costs. */
export const WAF_KINDS: readonly WafKind[] = [
  {
    id: 'gateway-off',
    title: 'Portcullis without rules',
    isGuarded: false,
    warmUpS: 3,
    start: (rig, options) => startPortcullis(rig, options, { mode: 'off' }),
  },
  {
    id: 'gateway',
    title: 'Portcullis, Core Rule Set',
    isGuarded: true,
    warmUpS: 5,
    start: (rig, options) => startPortcullis(rig, options, { include: CRS_FILES, paranoia: 1 }),
  },
  {
    id: 'gateway-own',
    title: 'Portcullis, own rules',
    isGuarded: true,
    warmUpS: 5,
    start: (rig, options) => startPortcullis(rig, options, {}),
  },
  {
    id: 'nginx-off',
    title: 'nginx without rules',
    isGuarded: false,
    warmUpS: 1,
    start: (rig, options) => startNginxPeer(rig, options, false),
  },
  {
    id: 'nginx',
    title: 'nginx + ModSecurity 3',
    isGuarded: true,
    warmUpS: 1,
    start: (rig, options) => startNginxPeer(rig, options, true),
  },
  {
    id: 'apache-off',
    title: 'Apache without rules',
    isGuarded: false,
    warmUpS: 1,
    start: (rig, options) => startApachePeer(rig, options, false),
  },
  {
    id: 'apache',
    title: 'Apache + ModSecurity 2',
    isGuarded: true,
    warmUpS: 1,
    start: (rig, options) => startApachePeer(rig, options, true),
  },
];
