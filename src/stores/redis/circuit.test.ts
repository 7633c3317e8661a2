import { describe, expect, test } from 'vitest';
import { Circuit } from './circuit.ts';

/** A server whose answers the test gives, and a clock that it turns. */
function world() {
  const waiting: ((isInTime: boolean) => void)[] = [];
  const later: (() => void)[] = [];
  const at = { nowMs: 1000, probes: 0, closed: 0 };
  const circuit = new Circuit({
    probe: () => {
      at.probes++;
      return new Promise((resolve) => waiting.push(resolve));
    },
    nowMs: () => at.nowMs,
    after: (_delayMs, run) => void later.push(run),
    closed: () => void at.closed++,
  });
  const settle = async (isInTime: boolean) => {
    waiting.shift()?.(isInTime);
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

  test.each([true, false])('after a probe that is answered in time (%s)', async (isInTime) => {
    const { circuit, at, settle, pass } = world();
    circuit.missed(980);
    await settle(isInTime);
    expect([circuit.isOpen, at.closed]).toEqual([!isInTime, isInTime ? 1 : 0]);
    await pass();
    expect(at.probes).toBe(isInTime ? 1 : 2);
  });

  test('a server that is late each time stays out, one that is in time again comes back', async () => {
    const { circuit, at, settle, pass } = world();
    circuit.missed(980);
    for (let i = 0; i < 5; i++) {
      await settle(false);
      expect(circuit.isOpen).toBe(true);
      await pass();
    }
    at.nowMs += 700;
    expect(circuit.openForMs).toBe(700);
    await settle(true);
    expect([circuit.isOpen, circuit.openForMs]).toEqual([false, 0]);
  });

  test('probes no more once it is closed for good', async () => {
    const { circuit, at, settle, pass } = world();
    circuit.missed(980);
    circuit.end();
    await settle(false);
    await pass();
    expect(at.probes).toBe(1);
  });
});
