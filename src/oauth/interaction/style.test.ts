import { describe, expect, test } from 'vitest';
import { codePage, enrolPage, recoveryPage } from './code-pages.ts';
import { consentPage } from './consent-page.ts';
import { Markup } from './html.ts';
import { loginPage } from './login-page.ts';
import {
  deviceCodePage,
  deviceConfirmPage,
  deviceDonePage,
  failurePage,
  loggedOutPage,
  logoutPage,
} from './single-pages.ts';
import { COLOURS } from './style.ts';

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((channel) =>
    channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('%s colours', (scheme) => {
  const colours = COLOURS[scheme];

  test.each([
    ['text', 'card'],
    ['quiet', 'card'],
    ['quiet', 'page'],
    ['accent', 'card'],
    ['onAccent', 'accent'],
    ['danger', 'dangerCard'],
    ['text', 'noticeCard'],
  ] as const)('%s on %s has the contrast of text', (front, back) => {
    expect(contrast(colours[front], colours[back])).toBeGreaterThanOrEqual(4.5);
  });

  test.each([
    ['line', 'card'],
    ['accent', 'card'],
  ] as const)('%s on %s has the contrast of controls', (front, back) => {
    expect(contrast(colours[front], colours[back])).toBeGreaterThanOrEqual(3);
  });
});

const step = { place: 'p', token: 't', state: 's', action: '/a', cancelAction: '/c', problem: 'Wrong.' };
const form = { action: '/a', xsrf: 'x' };
const PAGES: Readonly<Record<string, string>> = {
  login: loginPage({
    ...step,
    client: 'Shop',
    userName: 'alice',
    others: [{ name: 'Other', url: '/o' }],
    hasPasswords: true,
  }),
  code: codePage(step),
  enrol: enrolPage({ ...step, secret: 'ABCD', qr: new Markup('') }),
  recovery: recoveryPage({ ...step, codes: ['a'] }),
  consent: consentPage({
    ...step,
    client: 'Shop',
    person: 'A',
    scopes: ['openid'],
    resourceScopes: {},
    destination: '',
  }),
  deviceCode: deviceCodePage('p', form, 'wrong'),
  deviceConfirm: deviceConfirmPage('p', form, { client: 'TV', userCode: 'ABCD' }),
  deviceDone: deviceDonePage('p', 'TV'),
  logout: logoutPage('p', form),
  loggedOut: loggedOutPage('p', ''),
  failure: failurePage('p', { status: 503, error: 'x', description: '' }),
};

describe.each(Object.entries(PAGES))('the page %s', (_name, html) => {
  test('has a language, a title that is its heading, and one main part', () => {
    expect(html).toMatch(/^<!doctype html>\s*<html lang="en">/);
    expect(/<title>(.+)<\/title>/.exec(html)?.[1]).toBe(/<h1>(.+)<\/h1>/.exec(html)?.[1]);
    expect(html.match(/<main>/g)).toHaveLength(1);
  });

  test('labels each field that people fill in, and says what is wrong with it', () => {
    for (const [field] of html.matchAll(/<input (?!type="hidden")[^>]*>/g)) {
      const id = /id="([^"]+)"/.exec(field)?.[1];
      if (field.includes('type="checkbox"')) expect(html).toContain(`<label class="check">${field}`);
      else expect(html).toContain(`<label for="${id}">`);
    }
    for (const [reference] of html.matchAll(/aria-describedby="(\w+)"/g)) {
      expect(html).toContain(`id="${/"(\w+)"/.exec(reference)?.[1]}"`);
    }
  });

  test('has no script, nothing from elsewhere, no id twice and at most one focus', () => {
    expect(html).not.toMatch(/<script|<link|\son\w+=|src=|javascript:|https?:/);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html.match(/ autofocus/g)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  test('posts its forms, and each has a button', () => {
    const forms = [...html.matchAll(/<form [\s\S]*?<\/form>/g)].map(([text]) => text);
    for (const text of forms) {
      expect(text).toMatch(/^<form method="post" action="\//);
      expect(text).toMatch(/<button/);
      expect(text).toMatch(/name="(?:token|xsrf)"/);
    }
  });
});
