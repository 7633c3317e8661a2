import { valuesOf } from './message-reader.ts';
import { exchange, type RawResponse, type RawResult } from './raw-client.ts';
import type { JournalRecord, TestGateway } from './test-gateway.ts';

/** What came of one request: what the client saw and what the journal says. */
export interface Recorded {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly response: RawResponse | undefined;
  readonly closed: RawResult['closed'];
  readonly reason: string;
  readonly detail: string;
  /** How many targets were asked. */
  readonly attempts: number;
  readonly record: JournalRecord;
}

let serial = 0;

/** Sends a request on a connection of its own and waits for its record. `rest` is header lines, empty line and body. */
export async function askRecorded(
  gateway: TestGateway,
  line = 'GET /',
  rest = '\r\n',
  idleMs = 10_000,
): Promise<Recorded> {
  const [method = '', target = '/'] = line.split(' ');
  const agent = `recorded ${process.pid} ${serial++}`;
  const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: ${agent}\r\n`;
  const { responses, closed } = await exchange(gateway.port, head + rest, { methods: [method], idleMs });
  const response = responses.at(-1);
  const record = await findRecord(gateway, agent);
  const { decision, upstream } = record.portcullis as JournalRecord['portcullis'] & {
    upstream?: { attempts: number };
  };
  const { reason, detail = '' } = decision;
  return {
    status: response?.status ?? 0,
    response,
    closed,
    reason,
    detail,
    attempts: upstream?.attempts ?? 0,
    record,
  };
}

async function findRecord(gateway: TestGateway, agent: string): Promise<JournalRecord> {
  for (let count = 1; ; count++) {
    const found = (await gateway.records(count)).find((record) => record['user_agent.original'] === agent);
    if (found !== undefined) return found;
  }
}

/** Values of a field of an answer by its lower-case name. */
export function fieldOf(recorded: Recorded, name: string): string[] {
  return recorded.response === undefined ? [] : valuesOf(recorded.response, name);
}
