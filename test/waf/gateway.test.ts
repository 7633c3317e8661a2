import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const SETUP = '/etc/modsecurity/crs/crs-setup.conf';
const RULES = '/usr/share/modsecurity-crs/rules/*.conf';

describe.skipIf(!existsSync(SETUP))('the Core Rule Set of Debian in two lines', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await start();
    gateway = await startTestGateway(
      plainConfig(upstream.port, { defaults: { waf: { include: [SETUP, RULES] } } }),
    );
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await upstream.close();
  });

  test.each([
    ['GET /?q=1 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: t\r\nAccept: */*\r\n\r\n', 200],
    ["GET /?q=1'%20or%20'1'='1 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: t\r\nAccept: */*\r\n\r\n", 403],
    [
      'GET /?q=<script>alert(1)</script> HTTP/1.1\r\nHost: a.test\r\nUser-Agent: t\r\nAccept: */*\r\n\r\n',
      403,
    ],
  ])('%j', async (request, status) => {
    const { responses } = await exchange(gateway.port, request, { expect: 1 });
    expect(responses[0]?.status).toBe(status);
  });
});
