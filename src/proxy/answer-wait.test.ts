import { expect, test } from 'vitest';
import { contextOf } from '../../test/support/stage-context.ts';
import type { RequestContext } from '../core/context.ts';
import type { AnswerMeter } from '../core/load.ts';
import { AnswerWait } from './answer-wait.ts';

/** What a meter is told of a request that goes through these steps: a status ends the wait, 0 for no answer. */
function told(steps: readonly ('begin' | number)[]): string[] {
  const heard: string[] = [];
  const meter: AnswerMeter = {
    asked: () => heard.push('asked'),
    answered: (_asked, _nowMs, status) => heard.push(`answered ${status}`),
    failed: () => heard.push('failed'),
  };
  const ctx = contextOf({});
  ctx.route = { meter } as unknown as RequestContext['route'];
  const wait = new AnswerWait(ctx);
  for (const step of steps) {
    if (step === 'begin') wait.begin();
    else wait.end(step);
  }
  return heard;
}

test.each([
  ['is answered', ['begin', 200, 0], ['asked', 'answered 200']],
  ['is not answered', ['begin', 0, 0], ['asked', 'failed']],
  ['is sent again', ['begin', 0, 'begin', 200, 0], ['asked', 'failed', 'asked', 'answered 200']],
  ['is answered before it is whole, and ends when its client wants', [200, 'begin', 0], []],
  ['is never whole', [0], []],
] as const)('a request that %s', (_what, steps, heard) => {
  expect(told(steps)).toEqual(heard);
});
