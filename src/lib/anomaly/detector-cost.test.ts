import { expect, test } from 'vitest';
import { AnomalyDetector } from './detector.ts';
import { WindowTable } from './window-table.ts';

const CLIENTS = 10_000;
const MINUTE_MS = 60_000;

/** A window in which every client sends something. */
function windowOf(table: WindowTable) {
  const request = { client: '', status: 200, durationMs: 5, userAgent: 'x', path: '/', country: 1 };
  for (let client = 0; client < CLIENTS / 2; client++) {
    request.client = `client ${client}`;
    for (let i = 0; i < 25; i++) table.note(request);
  }
  return table.take();
}

test('10,000 clients take at most 80 MB, and judging and training them is cut into hundreds of steps', () => {
  const settings = {
    threshold: 3,
    learnMs: 2 * MINUTE_MS,
    minimumHistory: 2,
    settleMs: 240 * MINUTE_MS,
    minimumRequests: 20,
    maxClients: CLIENTS,
    seed: 1,
  };
  const table = new WindowTable(CLIENTS / 2, 1);
  const batch = windowOf(table);
  const before = process.memoryUsage();
  const detector = new AnomalyDetector(settings, 0);
  let steps = 0;
  for (let minute = 1; minute <= 5; minute++) {
    const sources = [
      { batch, isAddress: false },
      { batch, isAddress: true },
    ];
    const observing = detector.observe(sources, minute * MINUTE_MS);
    for (let isDone = false; !isDone; steps++) isDone = observing.next().done === true;
  }
  const after = process.memoryUsage();
  expect(detector.state).toMatchObject({ clients: CLIENTS, isReady: true });
  const bytes = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
  expect(bytes).toBeLessThan(80e6);
  expect(steps).toBeGreaterThan(1000);
}, 60_000);
