import { describe, expect, test } from 'vitest';
import { attackModeSchema } from '../config/attack.schema.ts';
import type { Notice } from '../core/notices.ts';
import { AttackFlag, createAttackFlag } from '../stores/shared/attack-flag.ts';
import { SharedStrangers } from '../stores/shared/shared-strangers.ts';
import { SwitchedAttack } from './attack-mode.ts';

const FAST = { mode: 'enforce', requestsPerS: 100, startAfterS: 3, endAfterS: 5, maxS: 20, holdOffS: 10 };

/** A gateway whose seconds pass as the test says. */
function world(block: object) {
  const memory = createAttackFlag(1);
  const clock = { time: 1_000_000, nowMs: () => clock.time };
  const notices: Notice[] = [];
  const told = { block };
  const attack = new SwitchedAttack({
    memory,
    notices: { raise: (notice) => void notices.push(notice) },
    clock,
    monotonicMs: clock.nowMs,
    config: () => attackModeSchema.parse(told.block),
  });
  const thread = new SharedStrangers(memory, 0, clock);
  const pass = (seconds: number, perS: number): void => {
    for (let second = 0; second < seconds; second++) {
      for (let i = 0; i < perS; i++) thread.came();
      clock.time += 1000;
      attack.look();
    }
  };
  const kinds = () => notices.map(({ kind }) => kind);
  return { attack, clock, flag: new AttackFlag(memory), kinds, notices, pass, thread, told };
}

describe('attack mode by itself', () => {
  test('begins after some seconds, bounds strangers, and ends when it is calm, with figures', () => {
    const { attack, flag, notices, pass, thread } = world({ ...FAST, strangersPerS: 7 });
    pass(2, 500);
    expect(attack.state()).toMatchObject({ isOn: false, requestsPerS: 500, thresholdPerS: 100 });
    pass(1, 500);
    expect(attack.state()).toMatchObject({ isOn: true, cause: 'threshold', strangersPerS: 7, refused: 0 });
    for (let i = 0; i < 10; i++) thread.admits();
    expect(attack.state().refused).toBe(3);
    pass(1, 900);
    pass(9, 10);
    expect(attack.state()).toMatchObject({ isOn: false, cause: '', strangersPerS: 0 });
    expect(flag.strangersPerS).toBe(0);
    expect(notices.map(({ kind, payload }) => ({ kind, ...payload }))).toEqual([
      expect.objectContaining({
        kind: 'attack.started',
        cause: 'threshold',
        requestsPerS: 500,
        thresholdPerS: 100,
        strangersPerS: 7,
      }),
      expect.objectContaining({ kind: 'attack.ended', cause: 'calm', peakPerS: 900, refused: 3 }),
    ]);
  });

  test('is only told about with `observe`, once for each time', () => {
    const { attack, flag, kinds, notices, pass } = world({ ...FAST, mode: undefined });
    pass(10, 500);
    expect(kinds()).toEqual(['attack.would-start']);
    expect(notices[0]?.payload).toMatchObject({ requestsPerS: 500, thresholdPerS: 100, strangersPerS: 20 });
    expect(attack.state()).toMatchObject({ isOn: false, wouldBeOn: true, strangersPerS: 0 });
    expect(flag.read(0).isOn).toBe(false);
    pass(10, 1);
    expect(attack.state().wouldBeOn).toBe(false);
    pass(10, 500);
    expect(kinds()).toEqual(['attack.would-start', 'attack.would-start']);
  });

  test('does nothing with `off`, but obeys', () => {
    const { attack, kinds, pass } = world({ ...FAST, mode: 'off' });
    pass(60, 500);
    expect(kinds()).toEqual([]);
    expect(attack.state().thresholdPerS).toBe(0);
    expect(attack.start(60_000)).toMatchObject({ isOn: true, cause: 'command' });
    attack.close();
  });

  test('ends after its longest time, and is held off then', () => {
    const { attack, kinds, pass } = world(FAST);
    pass(3 + 20, 500);
    expect(kinds()).toEqual(['attack.started', 'attack.ended']);
    pass(12, 500);
    expect(attack.state().isOn).toBe(false);
    pass(1, 500);
    expect(attack.state().isOn).toBe(true);
  });

  test('is held off by `stop`', () => {
    const { attack, kinds, pass } = world(FAST);
    pass(3, 500);
    expect(attack.stop().isOn).toBe(false);
    pass(12, 500);
    expect(kinds()).toEqual(['attack.started', 'attack.ended']);
    pass(1, 500);
    expect(attack.state().isOn).toBe(true);
  });

  test('that is taken over by a command ends when the command says', () => {
    const { attack, kinds, pass } = world(FAST);
    pass(3, 500);
    expect(attack.start(60_000)).toMatchObject({ isOn: true, cause: 'command' });
    pass(30, 1);
    expect(attack.state().isOn).toBe(true);
    attack.stop();
    expect(kinds()).toEqual(['attack.started', 'attack.ended']);
  });

  test('ends when a reload says so', () => {
    const { notices, pass, told } = world(FAST);
    pass(3, 500);
    told.block = { ...FAST, mode: 'observe' };
    pass(1, 500);
    expect(notices.at(-1)).toMatchObject({ kind: 'attack.ended', payload: { cause: 'configuration' } });
  });
});

describe('what is usual', () => {
  const LEARNED = { mode: 'enforce', floorPerS: 20, startAfterS: 3, endAfterS: 5, maxS: 3600 };

  test('is the measure after an hour; before it nothing begins', () => {
    const { attack, kinds, pass } = world(LEARNED);
    pass(3599, 10);
    expect(attack.state()).toMatchObject({ normalPerS: 0, thresholdPerS: 0 });
    pass(2, 10);
    expect(attack.state()).toMatchObject({ normalPerS: 10, thresholdPerS: 50 });
    pass(60, 49);
    expect(kinds()).toEqual([]);
    pass(5, 100);
    expect(attack.state()).toMatchObject({ isOn: true, strangersPerS: 11 });
  });

  test('is not learned during an attack', () => {
    const { attack, pass } = world(LEARNED);
    pass(3601, 10);
    pass(1000, 500);
    expect(attack.state()).toMatchObject({ isOn: true, normalPerS: 10 });
  });

  test('has a floor below which nothing is an attack', () => {
    const { attack, kinds, pass } = world(LEARNED);
    pass(3601, 0);
    expect(attack.state().thresholdPerS).toBe(20);
    pass(100, 20);
    expect(kinds()).toEqual([]);
  });

  test('is no bound for strangers by command, while nothing is known', () => {
    const { attack, pass } = world({});
    pass(10, 5);
    expect(attack.start(60_000)).toMatchObject({ isOn: true, strangersPerS: 0 });
    attack.close();
  });
});
