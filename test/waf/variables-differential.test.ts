import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { escapeForLog } from '../../src/lib/seclang/bodies/escape-for-log.ts';
import type { RequestInput } from '../../src/lib/seclang/transaction.ts';
import { RequestView } from '../../src/lib/seclang/variables/request-view.ts';
import { VARIABLES } from '../../src/lib/seclang/variables/table.ts';
import { hasModSecurity } from '../support/modsecurity-apache.ts';
import { type DumpedValue, type DumpingModSecurity, startDumping } from '../support/modsecurity-dump.ts';
import { seeded } from '../support/seeded.ts';
import {
  formSample,
  jsonSample,
  multipartSample,
  plainSample,
  type Sample,
  textOf,
} from './variable-samples.ts';
import { viewSettings } from './view-settings.ts';

/** How many requests of each kind are sent; a longer run is `PORTCULLIS_VARIABLES=20000`. */
const REQUESTS = Number(process.env.PORTCULLIS_VARIABLES ?? 400);

/** What depends on the connection, on the clock or on an Apache around the rules, and what is our own. */
const OTHERS =
  /^(?:REMOTE_|SERVER_|USERAGENT_IP|UNIQUE_ID|TIME|FULL_REQUEST|RESPONSE_|PERF_|STATUS_LINE|MODSEC_BUILD|WEBAPPID|FILES_TMP|FILES_TYPES|FILES_DATA|OUTBOUND|AUTH_TYPE|SCRIPT_|SDBM|WEBSERVER|STREAM)/;

const COMPARED = [...VARIABLES]
  .filter(([name, { kind }]) => !OTHERS.test(name) && (kind === 'single' || kind === 'collection'))
  .map(([name]) => name);

function viewOf(sample: Sample): RequestView {
  const length = sample.body === '' ? [] : [['Content-Length', `${sample.body.length}`] as const];
  const headers = [['Host', 'a.example'], ['Connection', 'close'], ...sample.headers, ...length] as const;
  const input: RequestInput = {
    uniqueId: 'u',
    startedAtMs: 0,
    clientAddress: '127.0.0.1',
    clientPort: 1,
    serverAddress: '127.0.0.1',
    serverPort: 1,
    method: sample.method,
    target: sample.target,
    protocol: 'HTTP/1.1',
    headerNames: headers.map(([name]) => name),
    headerValues: headers.map(([, value]) => value),
  };
  return new RequestView(input, viewSettings());
}

/** What the recommended rules say, in our own words. */
function processorOf(view: RequestView): string {
  const type = (view.header('content-type') ?? '').toLowerCase();
  if (/(?:application(?:\/soap\+|\/)|text\/)xml/.test(type)) return 'XML';
  return type.startsWith('application/json') ? 'JSON' : view.bodyProcessor;
}

/** What a rule of ours would see, as ModSecurity would spell it. */
function ours(view: RequestView): string[] {
  return COMPARED.flatMap((name) => {
    const variable = VARIABLES.get(name);
    if (variable?.kind === 'single') {
      const value = variable.read(view);
      return value === null ? [] : [lineOf(name, name, value)];
    }
    if (variable?.kind !== 'collection') return [];
    const { names, values } = variable.list(view);
    return names.map((key, i) => lineOf(name, `${name}:${escapeForLog(key)}`, values[i] as string));
  });
}

const lineOf = (variable: string, name: string, value: string): string =>
  `${variable} ${name} ${JSON.stringify(value)}`;

const theirs = (dump: readonly DumpedValue[]): string[] =>
  dump.map(({ variable, name, value }) => lineOf(variable, name, value));

/** Messages about JSON and XML are those of other libraries: that there is one is compared. */
const withoutText = (line: string): string => line.replace(/ "(?:JSON|XML) pars[\s\S]*"$/, ' "of a parser"');

/**
 * Where we are stricter: an unfinished string behind a whole JSON value is no error there, and is one here.
 */
const isStricter = (view: RequestView, line: string): boolean =>
  view.bodyError.endsWith('something stands behind the value') && / REQBODY_(?:PROCESSOR_)?ERROR/.test(line);

/** Lines of one list that the other lacks. */
function differences(found: readonly string[], wanted: readonly string[]): string[] {
  const missing = wanted.filter((line) => !found.includes(line)).map((line) => `- ${line}`);
  return [...missing, ...found.filter((line) => !wanted.includes(line)).map((line) => `+ ${line}`)];
}

describe.skipIf(!hasModSecurity())('variables beside those of ModSecurity 2', () => {
  let modsecurity: DumpingModSecurity;
  beforeAll(async () => {
    modsecurity = await startDumping(COMPARED);
  });
  afterAll(async () => {
    await modsecurity?.[Symbol.asyncDispose]();
  });

  test.each([
    ['requests without a body', plainSample, 0.6],
    ['forms', formSample, 0.6],
    ['forms with files', multipartSample, 0.5],
    ['JSON', jsonSample, 0.5],
  ] as const)('%s', { timeout: 600_000 }, async (_kind, sample, leastCompared) => {
    const random = seeded(Number(process.env.PORTCULLIS_SEED ?? 1));
    const found: string[] = [];
    let compared = 0;
    for (let i = 0; i < REQUESTS && found.length < 20; i++) {
      const request = sample(random);
      const text = textOf(request);
      const { phases } = await modsecurity.ask(text);
      if (phases[0] === null || phases[1] === null) continue;
      compared++;
      const view = viewOf(request);
      view.bodyProcessor = processorOf(view);
      const first = differences(ours(view), theirs(phases[0]));
      view.startBody(Buffer.from(request.body, 'latin1'), false);
      view.readBody(Number.POSITIVE_INFINITY);
      const second = differences(ours(view).map(withoutText), theirs(phases[1]).map(withoutText)).filter(
        (line) => !isStricter(view, line),
      );
      if (first.length + second.length > 0)
        found.push([JSON.stringify(text), ...first, ...second].join('\n'));
    }
    expect(found.join('\n\n')).toBe('');
    expect(compared).toBeGreaterThan(REQUESTS * leastCompared);
  });
});
