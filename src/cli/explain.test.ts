import { describe, expect, test } from 'vitest';
import { explain as explainRecord } from '../control/explain.ts';
import { explanationText } from './explain.ts';
import type { Terminal } from './terminal.ts';

const terminal: Terminal = { out() {}, err() {}, paint: (_, text) => text, paintErr: (_, text) => text };

function told(record: Record<string, unknown>): string {
  return explanationText(
    { id: 'r1', source: 'database', record, explanation: explainRecord(record) },
    terminal,
  );
}

const check = (stage: string, verdict: string, reason = '', mode = 'enforce') => ({
  stage,
  phase: 'head',
  mode,
  cost_ns: 1500,
  verdict,
  reason,
});

const record = (portcullis: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  '@timestamp': '2026-11-23T12:00:00.000Z',
  'event.duration': 1_500_000,
  'http.request.id': 'r1',
  'http.request.method': 'GET',
  'url.path': '/orders/7',
  'client.ip': '203.0.113.7',
  'http.response.status_code': 401,
  ...more,
  portcullis,
});

describe('a refusal', () => {
  const text = told(
    record({
      route: 'orders/one',
      claimed_credential: 'pk_abcde',
      decision: { effect: 'deny', reason: 'authn.missing', stage: 'authentication', detail: 'no credential' },
      checks: [
        check('access', 'would-deny', 'access.denied', 'observe'),
        check('cors', 'continue'),
        check('authentication', 'deny', 'authn.missing'),
      ],
    }),
  );

  test('says who, what and when', () => {
    const [headline] = text.split('\n');
    expect(headline).toBe('GET /orders/7 from 203.0.113.7 was refused with 401: Authentication is required.');
    expect(text).toContain('When     2026-11-23T12:00:00.000Z');
    expect(text).toContain('Who      nobody known; offered a credential that begins with pk_abcde');
    expect(text).toContain('Took     1.5 ms, of which 4.5 µs in checks');
  });

  test('has a line per check with mode, cost and verdict', () => {
    expect(text).toContain('CHECK           PHASE  MODE     COST µs  VERDICT');
    expect(text).toContain('access          head   observe      1.5  would refuse: ');
    expect(text).toContain('cors            head   enforce      1.5  passed');
    expect(text).toContain(
      'authentication  head   enforce      1.5  REFUSED: Authentication is required (authn.missing)',
    );
  });

  test('says what would have let it pass, and what observe mode held back', () => {
    expect(text).toMatch(/What would have let it pass\nSend a credential[^\n]*\nDetail: no credential\n/);
    expect(text).toMatch(/If access were enforced, this would have been 403: /);
  });
});

test('text of a client cannot move the cursor', () => {
  const text = told(
    record({ route: '\u001b[2J' }, { 'url.path': '/\u001b]0;x\u0007', 'user.id': 'a\u202eb' }),
  );
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
});

test.each([{}, { portcullis: null }, { portcullis: { checks: [null, 1] } }])(
  'a record that says little: %j',
  (odd) => {
    expect(told(odd)).toContain('Route    none');
  },
);
