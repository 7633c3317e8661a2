import { followJournal } from '../../src/cli/follow-journal.ts';
import { humanLog } from '../../src/cli/log.ts';
import { requestLine } from '../../src/cli/request-line.ts';
import { processTerminal } from '../../src/cli/terminal.ts';
import { untilStopped } from '../../src/cli/until-stopped.ts';
import { formatProblems } from '../../src/config/format-problems.ts';
import { runOperation } from '../../src/control/operation.ts';
import { OPERATIONS, type ResultOf } from '../../src/control/operations.ts';
import { ConfigError, type Gateway, startGateway, Unavailable } from '../../src/index.ts';
import { type SampleApi, startSampleApi } from '../sample-api/server.ts';
import { guide } from './guide.ts';
import { readSettings, type Settings, VARIABLES } from './settings.ts';

const KEY_DAYS = 1;
const terminal = processTerminal();
const log = humanLog(terminal);

async function openSampleApi({ apiPort }: Settings): Promise<SampleApi> {
  try {
    return await startSampleApi({ port: apiPort, host: '127.0.0.1' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const message = `Port ${apiPort} on 127.0.0.1 is in use, and the sample API wants it: stop the program that listens there.`;
    throw new Unavailable('sample API', message);
  }
}

async function createKey({ services }: Gateway): Promise<string> {
  const body = { name: 'quickstart', owner: 'quickstart', expiresInDays: KEY_DAYS };
  const created = await runOperation(OPERATIONS.createKey, services, { body });
  return (created as ResultOf<'createKey'>).key;
}

/** Starts the sample API, the gateway in front of it, and says what to try; resolves when both have stopped. */
async function start(settings: Settings): Promise<void> {
  const api = await openSampleApi(settings);
  let gateway: Gateway;
  try {
    gateway = await startGateway({ source: { path: settings.config }, log });
  } catch (error) {
    await api.close();
    throw error;
  }
  const follower = followJournal(gateway.services.journalPath(), (record) =>
    terminal.err(requestLine(record, terminal)),
  );
  const stopped = untilStopped(gateway, log, async () => {
    await follower.close();
    await api.close();
  });
  const url = `http://127.0.0.1:${gateway.ports.web}`;
  terminal.out(
    guide({ url, key: await createKey(gateway), admin: gateway.admin, config: settings.config }, terminal),
  );
  await stopped;
}

/** What stands in the way, as sentences; null for what is a defect. */
function sentenceOf(error: unknown): string | null {
  if (error instanceof ConfigError) return formatProblems('portcullis.yaml', error.problems);
  if (error instanceof RangeError) return error.message;
  if (!(error instanceof Unavailable)) return null;
  const { port, adminPort, apiPort } = VARIABLES;
  return `${error.message}\nOther ports can be had: \`${port}=8081 ${adminPort}=9444 ${apiPort}=3001 npm start\`.`;
}

try {
  await start(readSettings(process.env));
} catch (error) {
  const sentence = sentenceOf(error);
  if (sentence === null) throw error;
  terminal.err(sentence);
  process.exitCode = 1;
}
