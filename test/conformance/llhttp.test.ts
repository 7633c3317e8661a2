import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { trimBlanks } from '../../src/lib/http/fields.ts';
import { readRequests } from '../differential/our-reader.ts';
import { completeCount, type OurOutcome, type SeenMessage } from '../differential/outcome.ts';
import { type Case, loadCases, MISSING } from './llhttp-cases.ts';

type Outcome = 'same' | 'stricter' | 'accepted' | 'different';

/** Cases that we read in another way, by file and line: we refuse what llhttp takes, the reverse, or both take it. */
const OTHERWISE: Readonly<Record<string, readonly [Outcome, string]>> = {
  'connection.md:158': ['stricter', 'two empty lines before a request; one is what old clients send'],
  'content-length.md:319': [
    'stricter',
    'a tab beside a length: what is no blank to another reader, none should need',
  ],
  'method.md:374': ['stricter', 'ICE is another protocol'],
  'method.md:404': ['stricter', 'RTSP is another protocol'],
  'method.md:432': ['stricter', 'RTSP is another protocol'],
  'sample.md:316': ['stricter', 'HTTP/0.9 has no fields, and so no Host and no credentials'],
  'transfer-encoding.md:753': [
    'stricter',
    'a coding besides chunked, which the gateway would have to decode',
  ],
  'transfer-encoding.md:795': ['stricter', 'two fields where a reader may look at one'],
  'invalid.md:68': ['accepted', 'to us a method is any token; the gateway takes those that it lists'],
  'invalid.md:358': ['accepted', 'to us a method is any token; the gateway takes those that it lists'],
  'uri.md:150': ['accepted', 'a target is what stands between two blanks; lib/uri/target refuses this one'],
  'method.md:98': ['different', 'a body of CONNECT, which the gateway refuses by its name'],
};

/** Codes of llhttp that refuse nothing: data behind the last message of a connection, another protocol follows. */
const NOT_REFUSED = new Set([5, 22, 23]);

/** What llhttp takes a text for, as far as it reads. */
interface Expected {
  readonly messages: SeenMessage[];
  readonly isRefused: boolean;
  /** It reads on behind the last message. */
  readonly goesOn: boolean;
}

/** Follows the events. */
function expectedOf({ text, log }: Case): Expected {
  const messages: {
    spans: Record<string, string>;
    fields: string[];
    trailers: string[];
    isHead: boolean;
    isComplete: boolean;
  }[] = [];
  let code = 0;
  for (const line of log.split('\n')) {
    const [, off, len, span, event = ''] = /^off=(\w+) (?:len=(\d+) span\[(\w+)\]|(.*))/.exec(line) ?? [];
    if (event === 'message begin')
      messages.push({ spans: {}, fields: [], trailers: [], isHead: false, isComplete: false });
    const message = messages.at(-1);
    if (message === undefined) continue;
    const { spans } = message;
    if (span !== undefined)
      spans[span] = (spans[span] ?? '') + text.slice(Number(off), Number(off) + Number(len));
    const lines = message.isHead ? message.trailers : message.fields;
    if (event === 'header_value complete') {
      lines.push(spans.header_field ?? '', trimBlanks(spans.header_value ?? ''));
      delete spans.header_field;
      delete spans.header_value;
    }
    if (event.startsWith('headers complete')) message.isHead = true;
    if (event === 'message complete') message.isComplete = true;
    code = Number(/^error code=(\d+)/.exec(event)?.[1] ?? code);
  }
  const seen = messages
    .filter(({ isHead }) => isHead)
    .map(({ spans, fields, trailers, isComplete }) => ({
      start: `${spans.method} ${spans.url}`,
      version: spans.version ?? '',
      fields,
      body: spans.body ?? '',
      trailers: isComplete ? trailers : [],
      isComplete,
    }));
  return { messages: seen, isRefused: code !== 0 && !NOT_REFUSED.has(code), goesOn: code === 0 };
}

function read(text: string): OurOutcome {
  return readRequests([Buffer.from(text, 'latin1')]);
}

/** How we read a case, beside llhttp. */
function outcomeOf(one: Case): Outcome {
  const { messages, isRefused, goesOn } = expectedOf(one);
  const ours = read(one.text);
  if (isRefused) {
    // A case ends where llhttp stops, which may be in the middle of a line.
    const isOurs = ours.fault !== '' || read(`${one.text}\r\n\r\n`).fault !== '';
    return isOurs && completeCount(ours.messages) <= completeCount(messages) ? 'same' : 'accepted';
  }
  const looked = goesOn ? ours.messages : ours.messages.slice(0, messages.length);
  if (isDeepStrictEqual(looked, messages)) return goesOn && ours.fault !== '' ? 'stricter' : 'same';
  return ours.fault === '' ? 'different' : 'stricter';
}

const cases = loadCases();

if (cases === null) {
  test.skip(`skipped the request cases of llhttp: ${MISSING}`, () => {});
} else {
  describe('request cases of llhttp without leniency', () => {
    test.each(cases)('$place $title', (one) => {
      expect(outcomeOf(one)).toBe(OTHERWISE[one.place]?.[0] ?? 'same');
    });

    test('are found, with all that are listed', () => {
      expect(cases.length).toBeGreaterThan(120);
      const places = cases.map(({ place }) => place);
      expect(Object.keys(OTHERWISE).filter((place) => !places.includes(place))).toEqual([]);
    });
  });
}
