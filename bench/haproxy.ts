import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListening } from './probe.ts';
import { findFreePort, findProgram } from './processes.ts';
import type { Rig, StartOptions, Subject, SubjectKind } from './subject.ts';

/** HAProxy as a plain reverse proxy, with or without an access log. */
export function haproxyKind(isLogging: boolean): SubjectKind {
  return {
    id: isLogging ? 'haproxy' : 'haproxy-nolog',
    title: isLogging ? 'HAProxy' : 'HAProxy, no log',
    logging: isLogging
      ? 'one line per request to a file, each with its own write: it cannot gather them'
      : 'nothing',
    optional: false,
    guards: false,
    warmUpS: 1,
    runs: (scenario) => (isLogging ? scenario.proxied : scenario.id === 'plain'),
    start: (rig, options) => startProxy(rig, options, isLogging),
  };
}

/** HAProxy that lets nothing pass without a good RS256 token, by `jwt_verify`; with its access log. */
export const HAPROXY_TOKENS: SubjectKind = {
  id: 'haproxy-jwt',
  title: 'HAProxy with jwt_verify',
  logging: 'as HAProxy',
  optional: false,
  guards: true,
  warmUpS: 1,
  runs: ({ id }) => id === 'jwt' || id === 'jwt-new',
  start: (rig, options) => startProxy(rig, options, true, tokenRules(rig)),
};

/** What HAProxy can ask of a token: algorithm, issuer, audience, expiry and signature. It remembers none. */
function tokenRules({ publicKeyPath }: Rig): string {
  const claim = (name: string, type = '') => `var(txn.bearer),jwt_payload_query('$.${name}'${type})`;
  const refuse = (condition: string) => `  http-request deny deny_status 401 unless { ${condition} }`;
  return [
    '  http-request set-var(txn.bearer) http_auth_bearer',
    "  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')",
    refuse('var(txn.alg) -m str RS256'),
    refuse(`${claim('iss')} -m str https://issuer.bench`),
    refuse(`${claim('aud')} -m str bench`),
    '  http-request set-var(txn.now) date()',
    refuse(`${claim('exp', ",'int'")},sub(txn.now) -m int gt 0`),
    refuse(`var(txn.bearer),jwt_verify(txn.alg,"${publicKeyPath}") -m int 1`),
  ].join('\n');
}

async function startProxy(rig: Rig, options: StartOptions, isLogging: boolean, rules = ''): Promise<Subject> {
  const ports = { http: await findFreePort(), https: await findFreePort() };
  const name = `haproxy-${ports.http}`;
  const path = join(rig.dir, `${name}.cfg`);
  const logPath = join(rig.dir, `${name}.access.log`);
  writeFileSync(path, configuration(rig, options, ports, isLogging, rules));
  const files = { cpus: options.cpus, stdoutPath: logPath };
  const running = rig.processes.start(name, findProgram('haproxy'), ['-db', '-f', path], files);
  await running.waitUntil(() => isListening(ports.https), 5000);
  return {
    pid: running.pid,
    key: '',
    ports,
    logPaths: isLogging ? [logPath] : [],
    stop: () => running.stop(),
  };
}

function configuration(
  rig: Rig,
  options: StartOptions,
  ports: Subject['ports'],
  isLogging: boolean,
  rules: string,
): string {
  return `global
  nbthread ${options.threads}
  maxconn 4096
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ${isLogging ? 'log stdout format raw local0' : ''}
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  http-reuse always
  option forwardfor
  option splice-response
  ${isLogging ? 'log global\n  option httplog' : ''}
frontend in
  bind 127.0.0.1:${ports.http}
  bind 127.0.0.1:${ports.https} ssl crt ${rig.certificate.pemPath}
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
${rules}
  default_backend out
backend out
  server one 127.0.0.1:${rig.upstreamPort}
`;
}
