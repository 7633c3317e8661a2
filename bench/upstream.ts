import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNginx } from './nginx.ts';
import { isListening } from './probe.ts';
import { findFreePort } from './processes.ts';
import { type Scenario, scenarioOf } from './scenarios.ts';
import type { Rig } from './subject.ts';

/** What the upstream answers to all but the large GET: 200 bytes of JSON. */
const SMALL_BODY = `{"id":"ord_1001","customerId":"cus_1","status":"shipped","items":[{"sku":"desk-oak-160","quantity":1}],"note":"${'-'.repeat(87)}"}`;
const LARGE = scenarioOf('large');
const LARGE_BODY = numberedLines(LARGE.answerBytes);

/** The body of the upstream's answer to a scenario. */
export function upstreamBody({ id }: Scenario): string {
  return id === 'large' ? LARGE_BODY : SMALL_BODY;
}

/**
 * Starts the backend behind every subject and returns its port: nginx with a fixed answer and nine header fields.
 *
 * Cost: about 8 µs of CPU per small request, less than HAProxy or raw Node sockets need to answer, so that the subject
 * and not the backend is the busy one. The large body goes from the page cache to the socket without a copy.
 */
export async function startUpstream(rig: Omit<Rig, 'upstreamPort'>, cpus: string): Promise<number> {
  const upstreamPort = await findFreePort();
  const root = join(rig.dir, 'upstream-files');
  const path = join(root, LARGE.target);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, LARGE_BODY);
  const server = `
    access_log off;
    server {
      listen 127.0.0.1:${upstreamPort};
      default_type application/json;
      add_header Cache-Control 'private, max-age=0';
      add_header ETag '"5f2b-61a0c2"';
      add_header X-Powered-By 'sample';
      add_header Vary Accept-Encoding;
      location / { return 200 '${SMALL_BODY}'; }
      location = ${LARGE.target} {
        root ${root};
        etag off;
        sendfile on;
        sendfile_max_chunk 0;
        open_file_cache max=8 inactive=1h;
        open_file_cache_valid 1h;
      }
    }`;
  const running = startNginx({ ...rig, upstreamPort }, 'upstream', server, { threads: 1, cpus });
  await running.waitUntil(() => isListening(upstreamPort), 5000);
  return upstreamPort;
}

/** Text in which a line that is missing, doubled or out of place shows. */
function numberedLines(sizeBytes: number): string {
  const lineBytes = 16;
  const lines = Array.from(
    { length: sizeBytes / lineBytes },
    (_, index) => `${index.toString(16).padStart(lineBytes - 1, '0')}\n`,
  );
  return lines.join('');
}
