import { describe, expect, test } from 'vitest';
import { type Decision, deny } from '../core/decision.ts';
import { FieldLines } from '../lib/http/field-lines.ts';
import { AnswerHold } from './answer-hold.ts';
import { BodyHold } from './body-hold.ts';
import type { BodySink, Exchange } from './exchange.ts';
import { HeldBytes } from './held-bytes.ts';

const TOO_LARGE = deny('validation.body-size');

/** A client that sends a body; what it is told is kept. */
function client() {
  const told: string[] = [];
  let sink: BodySink | null = null;
  const exchange = {
    readBody: (given: BodySink) => {
      sink = given;
    },
    pauseBody: () => told.push('pause'),
    resumeBody: () => told.push('resume'),
  } as unknown as Exchange;
  return { exchange, told, body: () => sink as unknown as BodySink };
}

/** Whoever takes the rest. */
function taker(isPaused = false) {
  const got: string[] = [];
  return {
    got,
    rest: {
      isPaused,
      onData: (bytes: Buffer) => void got.push(bytes.toString()),
      onEnd: () => void got.push('END'),
      onAborted: (failure: Decision | null) => void got.push(`ABORTED ${failure?.reason ?? ''}`),
    },
  };
}

function hold(limitBytes: number, tooLarge: Decision | null, memory = new HeldBytes(1000)) {
  const { exchange, told, body } = client();
  const results: string[] = [];
  const held = new BodyHold(exchange, { limitBytes, tooLarge }, memory, (bytes, isWhole, failure) =>
    results.push(bytes === null ? `none ${failure?.reason ?? ''}` : `${bytes} ${isWhole ? 'whole' : 'part'}`),
  );
  held.start();
  const send = (text: string): void => body().onData(Buffer.from(text));
  return { held, results, told, memory, send, body };
}

describe('a body that is held', () => {
  test('is there whole, and counts until it is released', () => {
    const { held, results, memory, send, body } = hold(10, TOO_LARGE);
    send('abc');
    send('def');
    body().onEnd();
    expect(results).toEqual(['abcdef whole']);
    expect(memory.bytes).toBe(6);
    held.release();
    expect(memory.bytes).toBe(0);
  });

  test('is refused when all of it is needed and it is too long', () => {
    const { results, send, body } = hold(5, TOO_LARGE);
    send('abc');
    send('def');
    send('ghi');
    body().onEnd();
    expect(results).toEqual(['none validation.body-size']);
  });

  test('stops at its bound where the beginning is enough, and the rest follows in order', () => {
    const { held, results, told, send, body } = hold(5, null);
    send('abc');
    send('def');
    expect(results).toEqual(['abcdef part']);
    expect(told).toEqual(['pause']);
    send('already received');
    const { got, rest } = taker();
    held.passTo(rest);
    expect(told).toEqual(['pause', 'resume']);
    send('ghi');
    body().onEnd();
    expect(got).toEqual(['abc', 'def', 'already received', 'ghi', 'END']);
  });

  test('stays paused while whoever takes the rest has no room', () => {
    const { held, told, send } = hold(2, null);
    send('abc');
    held.passTo(taker(true).rest);
    expect(told).toEqual(['pause']);
  });

  test.each([
    ['end', (body: BodySink) => body.onEnd(), 'END'],
    ['failure', (body: BodySink) => body.onAborted(TOO_LARGE), 'ABORTED validation.body-size'],
  ])('tells of the %s that came before anybody took the rest', (_, happen, last) => {
    const { held, results, send, body } = hold(2, null);
    send('abc');
    happen(body());
    expect(results).toEqual(['abc part']);
    const { got, rest } = taker();
    held.passTo(rest);
    expect(got.at(-1)).toBe(last);
  });

  test('is cut short when the thread has no memory left', () => {
    const { held, results, memory, send } = hold(100, null, new HeldBytes(4));
    send('abc');
    send('def');
    expect(results).toEqual(['abcdef part']);
    held.release();
    expect(memory.bytes).toBe(0);
  });
});

describe('an answer that is held', () => {
  test('takes no more than its bound and what came with it', () => {
    const memory = new HeldBytes(1000);
    const answer = new AnswerHold(200, new FieldLines(), 5, memory);
    expect(answer.isEmpty).toBe(true);
    expect(answer.add(Buffer.from('abc'))).toBe(true);
    expect(answer.add(Buffer.from('def'))).toBe(false);
    expect(answer.bytes().toString()).toBe('abcdef');
    answer.release();
    expect(memory.bytes).toBe(0);
  });
});
