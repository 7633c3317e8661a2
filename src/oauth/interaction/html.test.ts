import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeHtml, html } from './html.ts';

describe('html', () => {
  test('escapes what is put in, and joins lists', () => {
    const items = ['<b>', 'a & b'].map((item) => html`<li title="${item}">${item}</li>`);
    expect(html`<ul>${items}</ul>${false}${null}${3}`.text).toBe(
      '<ul><li title="&lt;b&gt;">&lt;b&gt;</li><li title="a &amp; b">a &amp; b</li></ul>3',
    );
  });

  test('shows characters that turn the writing direction or hide', () => {
    expect(escapeHtml('evil\u202egro.knab\u200b\0')).toBe('evil\ufffdgro.knab\ufffd\ufffd');
  });

  test('no text gets out of its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'`]/);
      }),
    );
  });
});
