import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { journalLine } from '../../test/support/control-services.ts';
import { REASONS } from '../core/reasons.ts';
import { explain } from './explain.ts';

const record = (parts = {}) => JSON.parse(journalLine('r1', parts)) as Record<string, unknown>;

describe('explain', () => {
  test('tells every check with verdict, mode and cost, and what would have let the request pass', () => {
    const explanation = explain(record());
    expect(explanation.headline).toBe(
      'GET /orders/7 from 203.0.113.7 was refused with 401: Authentication is required.',
    );
    expect(explanation.remedy).toBe(REASONS['authn.missing'].remedy);
    expect(explanation.detail).toBe('no credential');
    expect(
      explanation.checks.map(({ stage, mode, verdict, costUs }) => [stage, mode, verdict, costUs]),
    ).toEqual([
      ['access', 'observe', 'would-deny', 0.4],
      ['cors', 'enforce', 'continue', 0.1],
      ['authentication', 'enforce', 'deny', 0.5],
    ]);
    expect([explanation.checksUs, explanation.totalMs]).toEqual([1, 1.5]);
  });

  test('tells what observe mode held back', () => {
    expect(explain(record()).wouldRefuse).toEqual([
      {
        stage: 'access',
        reason: 'access.denied',
        title: REASONS['access.denied'].title,
        status: 403,
        remedy: REASONS['access.denied'].remedy,
      },
    ]);
  });

  test.each([
    [
      'continue',
      'request.passed',
      200,
      'GET /orders/7 from 203.0.113.7 was passed on and answered with 200.',
    ],
    ['continue', 'request.aborted', 0, 'GET /orders/7 from 203.0.113.7 was given up by the client.'],
    [
      'answer',
      'cors.preflight',
      204,
      'GET /orders/7 from 203.0.113.7 was answered by the gateway with 204: The preflight was answered.',
    ],
  ])('has a headline for %s %s and no remedy', (effect, reason, status, headline) => {
    const explanation = explain(
      record({ 'http.response.status_code': status, portcullis: { decision: { effect, reason } } }),
    );
    expect(explanation.headline).toBe(headline);
    expect(explanation.remedy).toBe('');
  });

  test('explains a request that could not be read', () => {
    const { headline } = explain({
      'url.original': 'GET / HTTP/9',
      'source.ip': '10.0.0.1',
      'http.response.status_code': 400,
      portcullis: { decision: { effect: 'deny', reason: 'protocol.malformed' } },
    });
    expect(headline).toBe('GET / HTTP/9 from 10.0.0.1 was refused with 400: The request is not valid HTTP.');
  });

  test.each(['\u001b[2J', '\u009b2J', '\u202e', '\r\nforged line', '\u2028', '\u0000'])(
    'keeps %j of a client out of the headline',
    (evil) => {
      expect(explain(record({ 'url.path': `/a${evil}b` })).headline).not.toContain(evil);
    },
  );

  test('takes no inherited property for a reason', () => {
    const explanation = explain(
      record({
        portcullis: {
          decision: { effect: 'deny', reason: 'constructor' },
          checks: [{ reason: '__proto__' }],
        },
      }),
    );
    expect(explanation.title).toBe('');
    expect(explanation.headline).toContain('constructor');
  });

  test('never throws, whatever the record holds', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('portcullis', 'url.path', 'event.duration', 'x'), fc.jsonValue()),
        (any) => {
          expect(explain(any).headline).toBeTypeOf('string');
        },
      ),
    );
  });
});
