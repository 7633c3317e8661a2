import { describe, expect, test } from 'vitest';
import { exceptionWith } from '../../test/support/limit-exceptions.ts';
import { Unavailable } from '../core/errors.ts';
import type { Notice } from '../core/notices.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { ExceptionLife, endNotice } from './exception-life.ts';
import { StandingProblems } from './standing-problems.ts';

const END_MS = 100 * DAY_MS;
const one = exceptionWith({ createdAtMs: 10 * DAY_MS, expiresAtMs: END_MS, createdBy: 'root' });

describe('endNotice', () => {
  test.each([
    ['more than a week before', END_MS - 7 * DAY_MS - 1, null],
    ['a week before', END_MS - 7 * DAY_MS, 7],
    ['within the last day', END_MS - 1, 1],
    ['at the end', END_MS, null],
    ['later', END_MS + DAY_MS, null],
  ])('%s', (_, nowMs, daysLeft) => {
    expect(endNotice(one, nowMs)?.payload.daysLeft ?? null).toBe(daysLeft);
  });

  test('is not told of what was made for a week', () => {
    const short = { ...one, createdAtMs: END_MS - 7 * DAY_MS };
    expect(endNotice(short, END_MS - DAY_MS)).toBeNull();
  });

  test('is one however often it is looked', () => {
    const keys = [7, 6.5, 1].map((days) => endNotice(one, END_MS - days * DAY_MS)?.dedupeKey);
    expect(new Set(keys)).toEqual(new Set([`ex1 ${END_MS}`]));
  });
});

test('a round tells of all that end soon, and says when it cannot', async () => {
  const raised: Notice[] = [];
  const problems = new StandingProblems(() => {});
  let isWell = true;
  const list = async () => {
    if (!isWell) throw new Unavailable('database', 'It is gone.');
    return [one, { ...one, id: 'ex2', expiresAtMs: END_MS + 30 * DAY_MS }];
  };
  const clock = { nowMs: () => END_MS - DAY_MS };
  const life = new ExceptionLife({
    clock,
    store: { list },
    problems,
    raise: (notice) => raised.push(notice),
  });
  await life.round();
  expect(raised.map(({ payload }) => payload.exceptionId)).toEqual(['ex1']);
  isWell = false;
  await life.round();
  expect(problems.all.join()).toContain('It is gone.');
  isWell = true;
  await life.round();
  expect(problems.all).toEqual([]);
  await life.close();
});
