// What the rule engine costs by itself: `node bench/waf/engine.ts`, over the rules of the Debian package modsecurity-crs at
// paranoia level 1. Times are CPU of this process; a loop of plain sums beside them tells how fast the machine is just now.
import { Buffer } from 'node:buffer';
import { compileEngine } from '../../src/lib/seclang/engine/compile-engine.ts';
import type { OperatorHost } from '../../src/lib/seclang/operator.ts';
import { parseRules } from '../../src/lib/seclang/syntax/parse-rules.ts';
import type { RequestInput, RuleEngine } from '../../src/lib/seclang/transaction.ts';
import { diskRuleFiles } from '../../src/stores/rule-files.ts';

const FILES = [
  '/etc/modsecurity/modsecurity.conf-recommended',
  '/etc/modsecurity/crs/crs-setup.conf',
  '/usr/share/modsecurity-crs/rules/*.conf',
];
const PHASES = [1, 2, 3, 4, 5] as const;
const SLICE_MS = 4;

const host: OperatorHost = {
  sqlFingerprint: () => '',
  isXss: () => false,
  countryOf: () => '',
  dataFile: () => null,
  unicodeMap: new Map(),
};

interface Sample {
  readonly name: string;
  readonly times: number;
  request(number: number): { readonly input: RequestInput; readonly body: Buffer | null };
}

const HEADERS: readonly (readonly [string, string])[] = [
  ['Host', 'api.example.com'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  ],
  ['Accept', 'application/json, text/plain, */*'],
  ['Accept-Language', 'en-GB,en;q=0.9'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Cookie', 'session=4f1c0a7b9d2e4f6a8b0c1d2e3f405162; theme=dark'],
  ['Referer', 'https://app.example.com/orders'],
  ['X-Request-Id', '0190f5b2-7a31-7c55-9a44-2f8d1c6b7e90'],
];

function input(method: string, target: string, body: Buffer | null): RequestInput {
  const more: readonly (readonly [string, string])[] =
    body === null
      ? []
      : [
          ['Content-Type', 'application/json'],
          ['Content-Length', String(body.length)],
        ];
  const headers = [...HEADERS, ...more];
  return {
    uniqueId: '0190f5b2',
    startedAtMs: Date.now(),
    clientAddress: '192.0.2.7',
    clientPort: 50_000,
    serverAddress: '198.51.100.1',
    serverPort: 443,
    method,
    target,
    protocol: 'HTTP/1.1',
    headerNames: headers.map(([name]) => name),
    headerValues: headers.map(([, value]) => value),
  };
}

/** Orders of about 85 bytes each. */
function jsonOf(bytes: number, number: number): Buffer {
  const items: object[] = [];
  const count = Math.max(1, Math.round(bytes / 85));
  for (let at = 0; at < count; at++) {
    items.push({
      sku: `AB-${number + at}`,
      title: `Blue chair no. ${at}, oak`,
      quantity: (at % 7) + 1,
      price: 19.9 + at,
    });
  }
  return Buffer.from(JSON.stringify({ customer: `c-${number}`, items }));
}

const post = (name: string, bytes: number, times: number): Sample => ({
  name,
  times,
  request: (number) => {
    const body = jsonOf(bytes, number);
    return { input: input('POST', '/v1/orders', body), body };
  },
});

const SAMPLES: readonly Sample[] = [
  {
    name: 'GET with 8 headers',
    times: 4_000,
    request: (number) => ({
      input: input('GET', `/v1/orders/${number}?page=${number % 9}&sort=date`, null),
      body: null,
    }),
  },
  post('POST of 1 KiB JSON', 1_024, 2_000),
  post('POST of 20 KiB JSON', 20_480, 200),
  post('POST of 1 MiB JSON', 1_048_576, 4),
  {
    name: 'attack in the query',
    times: 2_000,
    request: (number) => ({
      input: input('GET', `/v1/orders?id=${number}'%20or%20'a'='a'%20union%20select%201,2--%20`, null),
      body: null,
    }),
  },
];

let longestSliceMs = 0;

function run(engine: RuleEngine, { input: request, body }: ReturnType<Sample['request']>): number {
  const transaction = engine.begin(request, null);
  for (const phase of PHASES) {
    if (phase === 2 && body !== null) transaction.setRequestBody(body, false);
    if (phase === 3) {
      transaction.setResponse({
        status: 200,
        protocol: 'HTTP/1.1',
        headerNames: ['Content-Type'],
        headerValues: ['application/json'],
      });
    }
    for (let isOver = false; !isOver; ) {
      const startMs = performance.now();
      isOver = transaction.run(phase, startMs + SLICE_MS);
      longestSliceMs = Math.max(longestSliceMs, performance.now() - startMs);
    }
  }
  return transaction.matches.length;
}

/** Microseconds of CPU. */
function cpuUs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function plainSums(): number {
  let sum = 0;
  return cpuUs(() => {
    for (let at = 0; at < 50_000_000; at++) sum = (sum + at * 3) | 0;
  });
}

function load(): RuleEngine {
  const reading = parseRules(FILES, diskRuleFiles('/'));
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return compileEngine(reading.program, host);
}

const heap = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
};

const beforeMiB = heap();
let engine: RuleEngine | null = null;
const loadUs = cpuUs(() => {
  engine = load();
});
const loaded = engine as unknown as RuleEngine;
console.log(`loading: ${(loadUs / 1_000).toFixed(0)} ms, ${(heap() - beforeMiB).toFixed(1)} MiB`);
const only = process.argv[2] ?? '';
for (const { name, times, request } of SAMPLES.filter((sample) => sample.name.includes(only))) {
  for (let number = 0; number < times; number++) run(loaded, request(number));
  const rounds: number[] = [];
  let matches = 0;
  for (let round = 0; round < 5; round++) {
    const requests = Array.from({ length: times }, (_, number) => request(round * times + number));
    longestSliceMs = 0;
    rounds.push(
      cpuUs(() => {
        for (const each of requests) matches += run(loaded, each);
      }) / times,
    );
  }
  const best = Math.min(...rounds);
  const perRequest = (matches / times / rounds.length).toFixed(1);
  console.log(
    `${name}: ${best.toFixed(1)} µs, ${perRequest} matches, longest slice ${longestSliceMs.toFixed(1)} ms; plain sums ${(plainSums() / 1_000).toFixed(0)} ms`,
  );
}
console.log(`afterwards: ${(heap() - beforeMiB).toFixed(1)} MiB`);
