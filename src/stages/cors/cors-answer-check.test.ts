import { expect, test } from 'vitest';
import {
  answering,
  compileBlock,
  contextOf,
  linesOf,
  type RequestSketch,
  runNow,
} from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import type { RouteCheck } from '../../core/route.ts';
import { cors } from './cors.ts';

const APP = 'https://app.company.com';
const COMPANY = { origins: [APP] };
const PREFLIGHT_VARY = 'vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

function answer(
  block: unknown,
  headers: string[],
  fromUpstream: boolean,
  request: RequestSketch,
  ran: string[] = [],
) {
  const ctx = answering(contextOf(request), fromUpstream ? 200 : 429, headers, fromUpstream);
  for (const stage of ran) ctx.ran.push({ stage, phase: 'head' } as RouteCheck);
  expect(runNow(compileBlock(cors, block).response, ctx)).toBe(CONTINUE);
  const { rawNames = [], values = [] } = ctx.responseHeaders ?? {};
  const flat = rawNames.flatMap((name, i) => [name, values[i] as string]);
  return linesOf(flat);
}

test('what the upstream says about CORS is dropped', () => {
  const headers = [
    'Access-Control-Allow-Origin',
    '*',
    'Content-Type',
    'text/plain',
    'access-control-allow-origin',
    'https://evil.example',
    'ACCESS-CONTROL-ALLOW-CREDENTIALS',
    'true',
    'Vary',
    'Accept',
    'Access-Control-Allow-Private-Network',
    'true',
  ];
  expect(answer(COMPANY, headers, true, {})).toEqual(['content-type: text/plain', 'vary: Accept']);
  expect(answer(COMPANY, [], true, {})).toEqual([]);
});

test('a refusal from before the CORS check can be read by the page', () => {
  const request = { method: 'POST', headers: ['Origin', APP] };
  expect(answer(COMPANY, [], false, request, ['protocol', 'limit-address'])).toEqual([
    'vary: Origin',
    `access-control-allow-origin: ${APP}`,
    'access-control-expose-headers: X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID',
  ]);
  expect(answer(COMPANY, [], false, request, ['protocol', 'cors'])).toEqual([]);
  expect(answer(COMPANY, [], false, { headers: ['Origin', 'https://evil.example'] })).toEqual([
    'vary: Origin',
  ]);
  const options = { method: 'OPTIONS', headers: ['Origin', APP, 'Access-Control-Request-Method', 'GET'] };
  expect(answer(COMPANY, [], false, options)).toEqual([PREFLIGHT_VARY]);
});
