import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import { type Browser, chromium, type Page } from 'playwright-core';
import { needs } from './binaries.ts';
import { apiCertificate } from './tls-world.ts';

export const CHROMIUM = '/usr/bin/chromium';
export const hasChromium = needs('chromium', 'chromium');

/** Where pictures of pages are left for people to look at. */
const PICTURES = join(tmpdir(), 'portcullis-pictures');

/** A browser that finds test hosts on this machine. */
export function openBrowser(hosts: Readonly<Record<string, number>> = {}): Promise<Browser> {
  const rules = Object.entries(hosts).map(([host, port]) => `MAP ${host}:443 127.0.0.1:${port}`);
  rules.push('MAP api.test 127.0.0.1');
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=${rules.join(',')}`],
  });
}

export type Scheme = 'light' | 'dark';

/** A window without scripts: the pages must work so. Violations of the content security policy are collected. */
export async function openPage(browser: Browser, scheme: Scheme = 'light', scripts = false) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    colorScheme: scheme,
    javaScriptEnabled: scripts,
    viewport: { width: 900, height: 760 },
  });
  const page = await context.newPage();
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) violations.push(message.text());
  });
  return { context, page, violations };
}

/** Leaves a picture of the page. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name}.png`);
  // Chromium gives none now and then on a machine that is busy.
  await page.screenshot({ path }).catch(() => page.screenshot({ path }));
}

/** Where a client gets its answers. */
export interface CallbackServer {
  readonly port: number;
  /** Paths and queries that were asked for. */
  readonly visits: string[];
  close(): void;
}

/** The web site of a client, which says only that it was reached. */
export async function openCallback(): Promise<CallbackServer> {
  const { cert, key } = apiCertificate();
  const visits: string[] = [];
  const server: Server = createServer({ cert, key }, (request, response) => {
    visits.push(request.url ?? '');
    response.setHeader('content-type', 'text/html').end('<title>Shop</title><h1>Welcome to the shop</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    visits,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The code that an authenticator app shows for a secret, so many steps from now. */
export function codeOf(secretBase32: string, steps = 0): string {
  const totp = new TOTP({
    secret: Secret.fromBase32(secretBase32),
    digits: 6,
    period: 30,
    algorithm: 'SHA1',
  });
  return totp.generate({ timestamp: Date.now() + steps * 30_000 });
}
