import { parentPort, workerData } from 'node:worker_threads';
import { cutUncertainRead } from '../proxy/direct-socket.ts';
import { CountryLookup } from '../stores/geo/country-database.ts';
import { stackOf } from './gateway-log.ts';
import { GatewayThread } from './gateway-thread.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';
import { RuleHost } from './rule-host.ts';
import { strayErrorCounter } from './stray-errors.ts';

/** Runs the thread that `workerData` describes. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('This module is the body of a worker thread.');
  const send = (message: FromThread): void => port.postMessage(message);
  const fail = (error: unknown): void => {
    send({ type: 'failed', sentence: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  };
  let thread: GatewayThread;
  try {
    const data = workerData as ThreadData;
    const countries = new CountryLookup();
    const host = new RuleHost(countries);
    await host.prepare(data.plan.material.ruleSets);
    thread = new GatewayThread(data, countries, host, send);
  } catch (error) {
    return fail(error);
  }
  process.on('exit', () => thread.lastWords());
  const isTooMany = strayErrorCounter();
  process.on('uncaughtException', (error) => {
    cutUncertainRead();
    send({ type: 'bug', requestId: '', stage: 'thread', stack: stackOf(error) });
    if (isTooMany(Date.now())) fail(new Error('Too many exceptions that nothing caught.'));
  });
  port.on('message', (message: ToThread) => void thread.receive(message));
  thread.start().catch(fail);
}

void main();
