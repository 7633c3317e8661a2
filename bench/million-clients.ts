/** A process of its own: lets a million clients through one limiter, and prints what that took as JSON. */
import { MEMORY_LIMITERS } from './limiters.ts';

/** What a million clients take. */
export interface MillionClients {
  readonly title: string;
  /** Growth of the process, in MiB. */
  readonly mib: number;
  /** Of a hundred clients whose one request was all that they may send, how many got a second one through. */
  readonly forgottenPercent: number;
  /** Of a hundred clients, how many were refused their first request because the memory was full of others at their limits. */
  readonly placelessPercent: number;
}

const CLIENTS = 1_000_000;
/** One of so many is asked for again: those that were forgotten take the places of others. */
const SAMPLE = 97;
const MIB = 1024 ** 2;

const limiter = MEMORY_LIMITERS[Number(process.argv[2])];
if (limiter !== undefined) console.log(JSON.stringify(await measure(limiter.title)));
process.exit(0);

async function measure(title: string): Promise<MillionClients> {
  const open = MEMORY_LIMITERS.find((each) => each.title === title)!.open(1);
  // What the compiler and the first calls take is not the clients'.
  for (let at = 0; at < 20_000; at++) await open.take(`warm-${at % 8}`);
  const before = process.memoryUsage().rss;
  let placeless = 0;
  for (let at = 0; at < CLIENTS; at++) if (!(await open.take(nameOf(at)))) placeless++;
  const mib = (process.memoryUsage().rss - before) / MIB;
  let forgotten = 0;
  for (let at = 0; at < CLIENTS; at += SAMPLE) if (await open.take(nameOf(at))) forgotten++;
  return {
    title,
    mib,
    forgottenPercent: (forgotten * 100 * SAMPLE) / CLIENTS,
    placelessPercent: placeless / 10_000,
  };
}

function nameOf(at: number): string {
  return `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
}
