import { expect, test } from 'vitest';
import { compileBlock, contextOf, problemsOf, runNow } from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import { cors } from './cors.ts';

const APP = 'https://app.company.com';

test.each([
  [
    { origins: ['app.company.com'] },
    '/origins/0',
    'write the origin as browsers send it, such as "https://app.company.com"',
  ],
  [{ origins: ['https://app.company.com/'] }, '/origins/0', 'write "https://app.company.com"'],
  [{ origins: ['https://app.company.com/x?y'] }, '/origins/0', 'write "https://app.company.com"'],
  [{ origins: ['https://app.company.com.'] }, '/origins/0', 'write "https://app.company.com"'],
  [{ origins: ['https://bücher.example'] }, '/origins/0', 'write "https://xn--bcher-kva.example"'],
  [{ origins: [APP, 'https://*company.com'] }, '/origins/1', 'in front of a domain'],
  [{ origins: ['https://app.*.com'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['https://*'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['https://*.*.company.com'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['*://app.company.com'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['https://*.com'] }, '/origins/0', 'every site under ".com"'],
  [{ origins: ['https://*.192.0.2.1'] }, '/origins/0', 'no subdomains'],
  [{ origins: ['https://*.[::1]'] }, '/origins/0', 'no subdomains'],
  [{ origins: ['*.company.com'] }, '/origins/0', 'lacks a scheme'],
  [{ origins: [''] }, '/origins/0', 'lacks a scheme'],
  [{ origins: ['https://'] }, '/origins/0', 'write scheme and host'],
  [{ origins: ['*'], credentials: true }, '/credentials', 'cannot be combined'],
  [{ origins: [APP, '*'] }, '/origins/1', 'write it alone'],
  [{ headers: ['X-A', '*'] }, '/headers/1', 'list the fields by name'],
  [{ exposedHeaders: ['*'] }, '/exposedHeaders/0', 'list the fields by name'],
  [{ headers: ['X A'] }, '/headers/0', 'not a field name'],
  [{ methods: ['*'] }, '/methods/0', 'list the methods'],
  [{ methods: ['get'] }, '/methods/0', 'write "GET"'],
  [{ maxAgeS: 86_401 }, '/maxAgeS', ''],
  [{ maxAgeS: 1.5 }, '/maxAgeS', ''],
])('%j is a mistake at %s', (block, pointer, advice) => {
  const [problem, ...more] = problemsOf(cors, block);
  expect(more).toEqual([]);
  expect(problem?.startsWith(`${pointer}: `)).toBe(true);
  expect(problem).toContain(advice);
});

test('origins of the configuration are canonical however they are written', () => {
  const block = {
    origins: ['HTTPS://App.Company.com:443', 'capacitor://localhost', 'http://*.localhost:3000'],
  };
  expect(decide(block, APP)).toBe(CONTINUE);
  expect(decide(block, 'capacitor://localhost')).toBe(CONTINUE);
  expect(decide(block, 'http://a.localhost:3000')).toBe(CONTINUE);
});

test('weak origins are reported', () => {
  const of = (origins: string[]) =>
    cors.weaknesses?.(cors.schema.parse({ origins })).map((weakness) => weakness.pointer);
  expect(of(['*'])).toEqual(['/origins/0']);
  expect(of([APP, 'null', 'http://app.company.com', 'http://*.company.com', 'http://localhost:1'])).toEqual([
    '/origins/1',
    '/origins/2',
    '/origins/3',
  ]);
});

function decide(block: unknown, origin: string) {
  return runNow(compileBlock(cors, block).head, contextOf({ headers: ['Origin', origin] }));
}
