import { startNginx } from './nginx.ts';
import { isListening } from './probe.ts';
import { findFreePort } from './processes.ts';
import type { Rig } from './subject.ts';

/** What the upstream answers to everything: 200 bytes of JSON. */
export const UPSTREAM_BODY = `{"id":"ord_1001","customerId":"cus_1","status":"shipped","items":[{"sku":"desk-oak-160","quantity":1}],"note":"${'-'.repeat(87)}"}`;

/**
 * Starts the backend behind every subject and returns its port: nginx with a fixed answer and nine header fields.
 *
 * Cost: about 8 µs of CPU per request, less than HAProxy or raw Node sockets need to answer, so that the subject and
 * not the backend is the busy one.
 */
export async function startUpstream(rig: Omit<Rig, 'upstreamPort'>, cpus: string): Promise<number> {
  const upstreamPort = await findFreePort();
  const server = `
    access_log off;
    server {
      listen 127.0.0.1:${upstreamPort};
      default_type application/json;
      add_header Cache-Control 'private, max-age=0';
      add_header ETag '"5f2b-61a0c2"';
      add_header X-Powered-By 'sample';
      add_header Vary Accept-Encoding;
      location / { return 200 '${UPSTREAM_BODY}'; }
    }`;
  const running = startNginx({ ...rig, upstreamPort }, 'upstream', server, { threads: 1, cpus });
  await running.waitUntil(() => isListening(upstreamPort), 5000);
  return upstreamPort;
}
