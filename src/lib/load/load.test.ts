import { describe, expect, test } from 'vitest';
import { AdmissionShare } from './admission-share.ts';
import { GradientLimit, type LimitCell } from './gradient-limit.ts';
import { TurnDelay } from './turn-delay.ts';
import { UsualTime } from './usual-time.ts';

function newCell(): LimitCell & { limit: number; slowness: number; version: number } {
  return {
    limit: 0,
    slowness: 1,
    version: 0,
    change(version, limit, slowness) {
      if (version !== this.version) return false;
      Object.assign(this, { limit, slowness, version: version + 1 });
      return true;
    },
  };
}

/** Twenty samples over a window of 300 ms that begins at `atMs`. */
function window(gradient: GradientLimit, atMs: number, ratio: number, underWay: number): void {
  for (let i = 0; i <= 20; i++) gradient.sample(atMs + i * 15, atMs + i * 15, ratio, underWay);
}

describe('the gradient limit', () => {
  test('one window above the border changes nothing, the second limits to what fits', () => {
    const cell = newCell();
    const gradient = new GradientLimit(cell);
    window(gradient, 0, 4, 200);
    expect(cell.limit).toBe(0);
    expect(gradient.isCalm).toBe(false);
    window(gradient, 400, 4, 200);
    expect(cell.limit).toBe(100);
  });

  test('a pause of the upstream is forgotten with the next window in order', () => {
    const cell = newCell();
    const gradient = new GradientLimit(cell);
    window(gradient, 0, 9, 50);
    window(gradient, 400, 0.5, 20);
    window(gradient, 800, 9, 50);
    expect(cell.limit).toBe(0);
  });

  test.each([
    ['in order: grows by its root', 0.9, 50, 110],
    ['twice too long: half', 2, 80, 50],
    ['ten times too long: not less than half', 10, 80, 50],
    ['more under way than it lets in: what was there before says nothing against it', 1.5, 300, 100],
  ])('a limit of 100, %s', (_name, ratio, underWay, after) => {
    const cell = newCell();
    const gradient = new GradientLimit(cell);
    cell.change(0, 100, 1);
    window(gradient, 0, ratio, underWay);
    if (ratio > 1) {
      expect(cell.limit).toBe(100);
      window(gradient, 400, ratio, underWay);
    }
    expect(cell.limit).toBe(after);
  });

  test('what began before a change is no sample', () => {
    const cell = newCell();
    const gradient = new GradientLimit(cell);
    cell.change(0, 100, 1);
    gradient.sample(0, 500, 5, 50);
    for (let i = 0; i < 100; i++) gradient.sample(400, 500 + i * 50, 5, 50);
    expect(cell.limit).toBe(100);
  });

  test('less under way that takes as long is slowness: the limit goes, and the border moves', () => {
    const cell = newCell();
    const gradient = new GradientLimit(cell);
    window(gradient, 0, 3, 100);
    window(gradient, 400, 3, 100);
    expect(cell.limit).toBeGreaterThan(0);
    window(gradient, 800, 3, 60);
    expect(cell.limit).toBe(0);
    expect(cell.slowness).toBeCloseTo(3.6);
    window(gradient, 1200, 3, 100);
    expect(gradient.isCalm).toBe(true);
  });

  test('two that change one limit change it one after the other', () => {
    const cell = newCell();
    const [one, other] = [new GradientLimit(cell), new GradientLimit(cell)];
    for (let at = 0; at <= 410; at += 10) for (const each of [one, other]) each.sample(at, at, 2, 100);
    expect(cell.version).toBe(1);
  });
});

describe('the usual time', () => {
  const feed = (usual: UsualTime, fromMs: number, forMs: number, tookMs: number, mayGrow = true): number => {
    for (let at = fromMs; at < fromMs + forMs; at += 10) usual.add(tookMs, at, mayGrow);
    return usual.ms;
  };

  test('is known after a few answers, and follows what is faster within seconds', () => {
    const usual = new UsualTime();
    expect(usual.ms).toBe(0);
    expect(feed(usual, 0, 5000, 100)).toBe(100);
    expect(feed(usual, 5000, 30_000, 10)).toBeLessThan(13);
  });

  test('follows what is slower by a few per cent a minute only', () => {
    const usual = new UsualTime();
    feed(usual, 0, 10_000, 10);
    const after = feed(usual, 10_000, 600_000, 100);
    expect(after).toBeGreaterThan(11);
    expect(after).toBeLessThan(10 * 1.1 * 1.02 ** 11);
  });

  test('does not grow while there may be a queue', () => {
    const usual = new UsualTime();
    feed(usual, 0, 10_000, 10);
    expect(feed(usual, 10_000, 600_000, 100, false)).toBe(10);
  });
});

describe('the admitted share', () => {
  const run = (share: AdmissionShare, demand: Readonly<Record<number, number>>): Record<number, number> => {
    const admitted: Record<number, number> = {};
    for (const [rank, count] of Object.entries(demand)) {
      admitted[Number(rank)] = 0;
      for (let i = 0; i < count; i++) if (share.admits(Number(rank))) (admitted[Number(rank)] as number)++;
    }
    return admitted;
  };
  const demand = { 1: 1000, 3: 500, 7: 100 };

  test('is everything while there is no pressure', () => {
    const share = new AdmissionShare();
    run(share, demand);
    share.next(false);
    expect(run(share, demand)).toEqual(demand);
  });

  test('takes from the lowest first, and from the highest last', () => {
    const share = new AdmissionShare();
    const seen: number[][] = [];
    for (let i = 0; i < 18; i++) {
      const admitted = run(share, demand);
      seen.push([admitted[1] as number, admitted[3] as number, admitted[7] as number]);
      share.next(true);
    }
    for (const [low, middle, high] of seen) {
      if ((low as number) > 0) expect(middle).toBe(500);
      if ((middle as number) > 0) expect(high).toBe(100);
    }
    expect((seen.at(-1) as number[])[1]).toBeLessThan(5);
    // Never nobody: the last share is that of the highest.
    expect((seen.at(-1) as number[])[2]).toBeGreaterThan(50);
  });

  test('comes back in small steps', () => {
    const share = new AdmissionShare();
    for (let i = 0; i < 4; i++) {
      run(share, demand);
      share.next(true);
    }
    let before = 0;
    for (let i = 0; i < 30; i++) {
      const admitted = run(share, demand)[1] as number;
      expect(admitted - before).toBeLessThan(i === 0 ? 1000 : 60);
      before = admitted;
      share.next(false);
    }
    expect(before).toBe(1000);
  });

  test('of one rank alone the right part is admitted', () => {
    const share = new AdmissionShare();
    run(share, { 1: 1000 });
    share.next(true);
    expect(run(share, { 1: 1000 })[1]).toBeCloseTo(850, -1);
  });
});

describe('the delay of turns', () => {
  test('one late turn is none, eight in a row are as long as the shortest', () => {
    const delay = new TurnDelay();
    for (const ms of [0, 1, 900, 0, 2, 0, 1, 1]) delay.add(ms);
    expect(delay.ms).toBe(0);
    for (const ms of [150, 120, 900, 130, 140, 150, 160, 170]) delay.add(ms);
    expect(delay.ms).toBe(120);
  });

  test('says nothing before there are eight', () => {
    const delay = new TurnDelay();
    for (let i = 0; i < 7; i++) delay.add(500);
    expect(delay.ms).toBe(0);
  });
});
