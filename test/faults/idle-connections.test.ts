import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf } from '../http1/world.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, until } from '../support/test-gateway.ts';
import { socketsOf } from './metrics.ts';

/** Idle connections; both processes need as many file descriptors. */
const COUNT = Number(process.env.PORTCULLIS_IDLE ?? 10_000);
const ADDRESSES = 50;
/** Resident memory per idle connection. */
const KIB_PER_CONNECTION = 16;
const GET = 'GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n';

let upstream: RecordingUpstream;
let gateway: GatewayProcess;

beforeAll(async () => {
  upstream = await start();
  gateway = await startGatewayProcess(
    plainConfig(upstream.port, { limits: { maxConnections: COUNT + 1000, keepAliveMs: 300_000 } }),
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

function open(at: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const localAddress = addressOf(at % ADDRESSES);
    const socket = connect({ host: '127.0.0.1', port: gateway.port, localAddress }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Asks once; resolves with whether a whole 200 came back. */
function ask(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.endsWith('\r\n\r\nok')) return;
      socket.off('data', take);
      resolve(text.startsWith('HTTP/1.1 200'));
    };
    socket.on('data', take);
    socket.once('close', () => resolve(false));
    socket.write(GET);
  });
}

/** Runs `work` for 0 to COUNT, 100 at a time, and counts where it succeeded. */
async function countOf(work: (at: number) => Promise<boolean>): Promise<number> {
  let next = 0;
  let count = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < COUNT; at = next++) if (await work(at)) count++;
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  return count;
}

test(`${COUNT} idle connections cost little, answer again, and leave nothing behind`, async () => {
  await countOf(async (at) => at < 2_000 && (await closeAfter(await open(at))));
  const memory = await gateway.settledMiB();
  const before = socketsOf(gateway.pid) - upstream.open;
  const sockets: Socket[] = [];
  const opened = await countOf(async (at) => {
    sockets[at] = await open(at);
    return ask(sockets[at]);
  });
  expect(opened).toBe(COUNT);
  expect(socketsOf(gateway.pid)).toBeGreaterThanOrEqual(COUNT);
  const growth = (((await gateway.settledMiB()) - memory) * 1024) / COUNT;
  console.log(`${COUNT} idle connections: ${growth.toFixed(1)} KiB of resident memory each`);
  expect(growth).toBeLessThan(KIB_PER_CONNECTION);
  expect(await countOf((at) => ask(sockets[at] as Socket))).toBe(COUNT);
  for (const socket of sockets) socket.destroy();
  await until('the sockets are closed', () => socketsOf(gateway.pid) - upstream.open <= before, 20_000);
  expect(gateway.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

async function closeAfter(socket: Socket): Promise<boolean> {
  const isAnswered = await ask(socket);
  socket.destroy();
  return isAnswered;
}
