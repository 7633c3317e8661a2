import { describe, expect, test } from 'vitest';
import { Circuit } from './circuit.ts';

/** A server whose answers the test gives, and a clock that it turns. */
function world() {
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  const later: (() => void)[] = [];
  const at = { nowMs: 1000, probes: 0 };
  const circuit = new Circuit({
    probe: () => {
      at.probes++;
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    budgetMs: 20,
    nowMs: () => at.nowMs,
    after: (_delayMs, run) => later.push(run),
  });
  const settle = async (how: 'answer' | 'error', afterMs: number) => {
    at.nowMs += afterMs;
    const probe = waiting.shift();
    if (how === 'answer') probe?.resolve('PONG');
    else probe?.reject(new Error('LOADING'));
    await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async () => {
    for (const run of later.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { circuit, at, settle, pass };
}

describe('a circuit', () => {
  test('opens at the first command that was not answered in time, and probes at once', () => {
    const { circuit, at } = world();
    expect(circuit.isOpen).toBe(false);
    expect(circuit.missed(980)).toBe(true);
    expect([circuit.isOpen, at.probes]).toEqual([true, 1]);
  });

  test('stays closed when something that was sent later was answered', () => {
    const { circuit, at } = world();
    at.nowMs = 995;
    circuit.answered();
    at.nowMs = 1000;
    expect(circuit.missed(980)).toBe(false);
    expect([circuit.isOpen, at.probes]).toEqual([false, 0]);
  });

  test('has one probe under way, however much is missed', () => {
    const { circuit, at } = world();
    for (let i = 0; i < 100; i++) circuit.missed(990);
    expect(at.probes).toBe(1);
  });

  test.each<['answer' | 'error', number, boolean]>([
    ['answer', 0, false],
    ['answer', 20, false],
    ['answer', 21, true],
    ['error', 1, true],
  ])('after a probe with %s in %d ms, open: %s', async (how, afterMs, isOpen) => {
    const { circuit, at, settle, pass } = world();
    circuit.missed(980);
    await settle(how, afterMs);
    expect(circuit.isOpen).toBe(isOpen);
    await pass();
    expect(at.probes).toBe(isOpen ? 2 : 1);
  });

  test('a server that is late each time stays out, one that is in time again comes back', async () => {
    const { circuit, settle, pass } = world();
    circuit.missed(980);
    for (let i = 0; i < 5; i++) {
      await settle('answer', 30);
      expect(circuit.isOpen).toBe(true);
      await pass();
    }
    await settle('answer', 5);
    expect(circuit.isOpen).toBe(false);
  });

  test('probes no more once it is closed for good', async () => {
    const { circuit, at, settle, pass } = world();
    circuit.missed(980);
    circuit.close();
    await settle('error', 1);
    await pass();
    expect(at.probes).toBe(1);
  });
});
