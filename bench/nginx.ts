import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListening } from './probe.ts';
import { findFreePort, findProgram, type RunningProcess } from './processes.ts';
import type { Rig, StartOptions, Subject, SubjectKind } from './subject.ts';

/** nginx as a plain reverse proxy, with or without an access log. */
export function nginxKind(isLogging: boolean): SubjectKind {
  return {
    id: isLogging ? 'nginx' : 'nginx-nolog',
    title: isLogging ? 'nginx' : 'nginx, no log',
    logging: isLogging ? 'one JSON line per request, written in blocks of 64 KiB' : 'nothing',
    optional: false,
    guards: false,
    warmUpS: 1,
    runs: (scenario) => (isLogging ? scenario.proxied : scenario.id === 'plain'),
    start: (rig, options) => startProxy(rig, options, isLogging),
  };
}

/** nginx with `limit_req` by address; its limit is counted and never reached, as that of the gateway. */
export const NGINX_LIMITED: SubjectKind = {
  ...nginxKind(true),
  id: 'nginx-limit',
  title: 'nginx with limit_req',
  guards: true,
  runs: ({ id }) => id === 'limited',
  start: (rig, options) =>
    startProxy(rig, options, true, {
      zone: 'limit_req_zone $binary_remote_addr zone=clients:64m rate=1000000r/s;',
      location: 'limit_req zone=clients burst=1000000 nodelay;',
    }),
};

/** Lines of configuration that limit requests. */
export interface NginxLimit {
  readonly zone: string;
  readonly location: string;
}

const NO_LIMIT: NginxLimit = { zone: '', location: '' };

export async function startProxy(
  rig: Rig,
  options: StartOptions,
  isLogging: boolean,
  limit = NO_LIMIT,
): Promise<Subject> {
  const ports = { http: await findFreePort(), https: await findFreePort() };
  const name = `nginx-${ports.http}`;
  const logPath = join(rig.dir, `${name}.access.log`);
  const listen = options.threads > 1 ? 'reuseport' : '';
  const server = `
    log_format journal escape=json ${LOG_FORMAT};
    ${limit.zone}
    access_log ${isLogging ? `${logPath} journal buffer=64k flush=1s` : 'off'};
    upstream backend { server 127.0.0.1:${rig.upstreamPort}; keepalive 128; keepalive_requests 1000000000; }
    server {
      listen 127.0.0.1:${ports.http} ${listen};
      listen 127.0.0.1:${ports.https} ssl ${listen};
      ssl_certificate ${rig.certificate.certPath};
      ssl_certificate_key ${rig.certificate.keyPath};
      ssl_protocols TLSv1.3;
      location / {
        ${limit.location}
        proxy_pass http://backend;
        proxy_http_version 1.1;
        # A large answer is never written to a file on its way. Of the sizes tried, these cost the least CPU per MiB.
        proxy_buffers 16 16k;
        proxy_busy_buffers_size 32k;
        proxy_max_temp_file_size 0;
        proxy_set_header Connection '';
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
      }
    }`;
  const running = startNginx(rig, name, server, options);
  await running.waitUntil(() => isListening(ports.https), 5000);
  return {
    pid: running.pid,
    key: '',
    ports,
    logPaths: isLogging ? [logPath] : [],
    stop: () => running.stop(),
  };
}

/** Starts nginx in the foreground with one `http` block, and lines of its own before it. */
export function startNginx(
  rig: Rig,
  name: string,
  http: string,
  options: StartOptions,
  before = '',
): RunningProcess {
  const path = join(rig.dir, `${name}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    path,
    `${process.getuid?.() === 0 ? 'user root;' : ''}
  ${before}
  daemon off;
  worker_processes ${options.threads};
  pid ${join(rig.dir, `${name}.pid`)};
  error_log stderr error;
  events { worker_connections 4096; }
  http {
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    ${temporary.map((kind) => `${kind}_temp_path ${join(rig.dir, `${name}.${kind}`)};`).join(' ')}
    ${http}
  }\n`,
  );
  const args = ['-e', 'stderr', '-p', rig.dir, '-c', path];
  return rig.processes.start(name, findProgram('nginx'), args, { cpus: options.cpus });
}

/** About what the gateway's journal says about a request. */
const LOG_FORMAT = `'{"@timestamp":"$time_iso8601","http.request.id":"$request_id","source.ip":"$remote_addr",'
      '"http.request.method":"$request_method","url.original":"$request_uri","http.response.status_code":$status,'
      '"http.request.bytes":$request_length,"http.response.body.bytes":$body_bytes_sent,"user_agent.original":"$http_user_agent",'
      '"event.duration":$request_time,"upstream":"$upstream_addr","upstream.duration":"$upstream_response_time"}'`;
