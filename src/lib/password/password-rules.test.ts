import { describe, expect, test } from 'vitest';
import { MAX_PASSWORD_CHARS, normalPassword, passwordFault } from './password-rules.ts';

const context = { minChars: 12, knownWords: ['alice.miller', 'alice.miller@example.com', 'Alice Miller'] };

describe('passwordFault', () => {
  test.each([
    'tin roof rusted again',
    'vuKz93-qmdEwt',
    'пароль с длинной фразой',
    '日本語のとても長い合言葉です',
    'my password for the blue office lamp',
    'alice.miller likes walking in the rain',
    `${'x1y2z'.repeat(3)}-and something else of some length`,
    'eleven ⚡ char',
  ])('accepts %s', (password) => {
    expect(passwordFault(password, context)).toBe('');
  });

  test.each([
    ['', /at least 12/],
    ['short phrase'.slice(1), /at least 12/],
    ['a'.repeat(MAX_PASSWORD_CHARS + 1), /at most 256/],
    ['tin roof\nrusted again', /control/],
    ['aaaaaaaaaaaaaaaa', /repeats/],
    ['abcdeabcdeabcde', /repeats/],
    ['1212121212121212', /repeats/],
    ['123456789012', /keyboard|alphabet/],
    ['abcdefghijklmnop', /keyboard/],
    ['qwertyuiop1234567890', /keyboard/],
    ['zyxwvutsrqponm', /keyboard/],
    ['Password1234!', /tries first/],
    ['P@ssw0rd2026!!', /tries first/],
    ['Welcome12345', /tries first/],
    ['Summer2026!!', /tries first/],
    ['alice.miller1', /name that others know/],
    ['4lice.Mill3r!!', /name that others know/],
    ['Miller2026!!', /name that others know/],
  ])('refuses %j', (password, sentence) => {
    expect(passwordFault(password, context)).toMatch(sentence);
  });

  test('counts characters, not units', () => {
    expect(passwordFault('🔑🚪🏰🐉🗝🛡', { ...context, minChars: 8 })).toMatch(/at least 8/);
  });
});

test('two ways to type a character are one password', () => {
  expect(normalPassword('Zoe\u0308')).toBe(normalPassword('Zo\u00eb'));
});
