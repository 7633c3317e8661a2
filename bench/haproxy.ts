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

async function startProxy(rig: Rig, options: StartOptions, isLogging: boolean): Promise<Subject> {
  const ports = { http: await findFreePort(), https: await findFreePort() };
  const name = `haproxy-${ports.http}`;
  const path = join(rig.dir, `${name}.cfg`);
  const logPath = join(rig.dir, `${name}.access.log`);
  writeFileSync(path, configuration(rig, options, ports, isLogging));
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

function configuration(rig: Rig, options: StartOptions, ports: Subject['ports'], isLogging: boolean): string {
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
  default_backend out
backend out
  server one 127.0.0.1:${rig.upstreamPort}
`;
}
