import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NOTICES, type NoticeRow } from '../../src/core/notices.ts';
import { ROOT } from './sources.ts';

const GUIDE = readFileSync(join(ROOT, 'docs/guides/api-keys.md'), 'utf8');

describe.each(Object.entries<NoticeRow>(NOTICES))('%s', (kind, { title, remedy }) => {
  test('is a thing and what happened to it', () => {
    expect(kind).toMatch(/^[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*$/);
  });

  test('has sentences for people', () => {
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });

  test('is in the table of the guide', () => {
    expect(GUIDE).toContain(`| \`${kind}\` |`);
  });
});
