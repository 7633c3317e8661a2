import { expect, test } from 'vitest';
import { runCampaign } from './campaign.ts';
import { compareAnswers, compareRequests, EXCEPTIONS } from './comparison.ts';
import { nodeAnswers, nodeRequests } from './node-reader.ts';
import { readAnswers, readRequests } from './our-reader.ts';
import { describeDiscrepancy, shrink } from './shrink.ts';

const SEED = 20_260_103;

test(`what we accept of 10,000 messages Node reads in the same way (seed ${SEED})`, async () => {
  const { discrepancies, counts, made, excused } = await runCampaign(10_000, SEED);
  const shrunk = await Promise.all(discrepancies.slice(0, 5).map(shrink));
  expect(shrunk.map(describeDiscrepancy)).toEqual([]);
  expect(discrepancies).toHaveLength(0);
  // The attempt was worth its name: much was refused, much was not, and every exception was of use.
  expect(counts.both).toBeGreaterThan(3_000);
  expect(counts.neither).toBeGreaterThan(3_000);
  expect(counts.stricter).toBeGreaterThan(100);
  expect(Math.min(made.requests, made.answers)).toBeGreaterThan(4_800);
  expect(made.unmutated).toBeGreaterThan(2_000);
  expect(Object.keys(excused).sort()).toEqual(EXCEPTIONS.map(({ name }) => name).sort());
});

const NEXT = 'GET /next HTTP/1.1\r\n\r\n';
const POST = 'POST /t HTTP/1.1\r\n';
const LENGTH = `${POST}Content-Length: 5\r\n\r\n`;

/** What we would have to take one stream for, so that Node takes another one for something else. */
test.each([
  ['the method', `PUT /t HTTP/1.1\r\n\r\n${NEXT}`, `POST /t HTTP/1.1\r\n\r\n${NEXT}`, 'start of message 1'],
  ['the version', `GET /t HTTP/1.0\r\n\r\n`, 'GET /t HTTP/1.1\r\n\r\n', 'version of message 1'],
  ['a value', `${POST}X: a\r\n\r\n${NEXT}`, `${POST}X: b\r\n\r\n${NEXT}`, 'fields of message 1'],
  ['the case of a name', `${POST}X: a\r\n\r\n${NEXT}`, `${POST}x: a\r\n\r\n${NEXT}`, 'fields of message 1'],
  ['a body', `${LENGTH}hello${NEXT}`, `${LENGTH}hallo${NEXT}`, 'body of message 1'],
  ['an unfinished body', `${LENGTH}hel`, `${LENGTH}hal`, 'body of message 1'],
  ['the next message', `${POST}\r\n${NEXT}`, `${POST}\r\nPUT ${NEXT.slice(4)}`, 'start of message 2'],
  ['the number of messages', `${POST}\r\n${NEXT}`, `${POST}\r\n`, '2 messages, with Node 1'],
  ['what Node refuses', `${POST}\r\n`, `${POST}X\r\n\r\n`, 'only Node refuses: HPE_INVALID_HEADER_TOKEN'],
  [
    'what Node refuses later',
    `${POST}\r\n${NEXT}`,
    `${POST}\r\nG\r\n`,
    'only Node refuses: HPE_INVALID_METHOD',
  ],
])('a difference in %s is found', async (_name, ours, theirs, what) => {
  const bytes = Buffer.from(ours, 'latin1');
  const [node] = await nodeRequests([Buffer.from(theirs, 'latin1')]);
  const verdict = compareRequests(bytes, readRequests([bytes]), node!);
  expect(verdict.is).toBe('different');
  expect(verdict.what).toContain(what);
});

test('a difference in where the last message of a connection ends is found', async () => {
  const bytes = Buffer.from(`${POST}Connection: close\r\nContent-Length: 3\r\n\r\nabc${NEXT}`, 'latin1');
  const read = readRequests([bytes]);
  const [node] = await nodeRequests([bytes]);
  const end = bytes.indexOf(NEXT);
  expect(compareRequests(bytes, read, node!)).toEqual({ is: 'both', what: '' });
  const shorter = compareRequests(bytes, { ...read, ends: [end - 1] }, node!);
  expect(shorter).toEqual({ is: 'different', what: `the end: ${end - 1}, with Node ${end}` });
});

const OK = 'HTTP/1.1 200 OK\r\n';

test.each([
  ['the status', `${OK}Content-Length: 0\r\n\r\n`, 'HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n', 'start'],
  ['the body', `${OK}\r\nabc`, `${OK}\r\nabd`, 'body of message 1'],
  ['the end', `${OK}Content-Length: 4\r\n\r\nabcd`, `${OK}Content-Length: 3\r\n\r\nabcd`, 'before its end'],
  [
    'the trailers',
    `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\r\n\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX: b\r\n\r\n`,
    'trailers',
  ],
  ['the number of interim answers', `${OK}\r\nabc`, `HTTP/1.1 100 Go\r\n\r\n${OK}\r\nabc`, '1 messages'],
  ['what Node refuses', `${OK}\r\nabc`, `${OK}X\r\n\r\nabc`, 'only Node refuses: HPE_INVALID_HEADER_TOKEN'],
])('a difference in %s of an answer is found', async (_name, ours, theirs, what) => {
  const read = readAnswers([Buffer.from(ours, 'latin1')], 'GET');
  const { ends, isUntilClose } = read;
  const bytes = Buffer.from(theirs, 'latin1');
  const [node] = await nodeAnswers([{ bytes, method: 'GET', endsAt: ends.at(-1) ?? -1, isUntilClose }]);
  const verdict = compareAnswers(read, node!);
  expect(verdict.is).toBe('different');
  expect(verdict.what).toContain(what);
});
