import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layOutCpus } from './cpu-layout.ts';
import { readSelfTimes, type SelfTime, type Span } from './cpu-profile.ts';
import { cpuPerRequest, cpuTimeOf } from './cpu-time.ts';
import { GATEWAY, startGateway } from './gateway.ts';
import { type LoadOptions, runLoad } from './load.ts';
import { number, table } from './markdown-table.ts';
import { type Place, startRig } from './rig.ts';
import { requestText, scenarioOf } from './scenarios.ts';
import { originOf } from './subject.ts';

const TOP = 25;
const INTERVAL_US = 500;

/** Profiles the gateway at plain GET over HTTP and full load; returns self times per group and function as Markdown. */
export async function profileGateway(seconds: number, place: Place): Promise<string> {
  const cpus = layOutCpus();
  const { rig } = await startRig(place, cpus.load);
  const profileDir = join(rig.dir, 'profile');
  mkdirSync(profileDir);
  const subject = await startGateway(
    rig,
    { threads: 1, cpus: cpus.subject },
    {
      nodeOptions: [
        '--cpu-prof',
        '--cpu-prof-dir',
        profileDir,
        '--cpu-prof-interval',
        INTERVAL_US.toString(),
      ],
    },
  );
  const scenario = scenarioOf('plain');
  const requestPath = join(rig.dir, 'request.txt');
  writeFileSync(requestPath, requestText(scenario));
  const load: LoadOptions = {
    ...{ origin: originOf(subject, 'http'), requestPath, tokensPath: '', seconds, threads: 1 },
    ...{ connections: scenario.connections, cpus: cpus.load, signal: rig.signal },
  };
  await runLoad({ ...load, seconds: GATEWAY.warmUpS });
  const before = cpuTimeOf(subject.pid);
  const fromUs = nowUs();
  const { requests, perSecond } = await runLoad(load);
  const span: Span = { fromUs, toUs: nowUs() };
  const cpu = cpuPerRequest(before, cpuTimeOf(subject.pid), requests);
  // Every thread writes its profile when it ends.
  await subject.stop();
  const times = readSelfTimes(profileDir, span);
  if (times.length === 0) throw new Error('Node wrote no profile of the time under load.');
  const about = `${requests} plain GETs over HTTP, ${Math.round(perSecond)} per second; ${number(cpu.cpuUs)} µs of CPU each under the profiler (user ${number(cpu.userUs)}, kernel ${number(cpu.systemUs)}).`;
  return [about, groupTable(times, requests), functionTable(times, requests)].join('\n\n');
}

function groupTable(times: readonly SelfTime[], requests: number): string {
  const sums = new Map<string, number>();
  for (const { group, us } of times) sums.set(group, (sums.get(group) ?? 0) + us);
  const all = times.reduce((sum, { us }) => sum + us, 0);
  const groups = [...sums].sort(([, left], [, right]) => right - left);
  const rows = [...groups, ['all', all] as const].map(([group, us]) => [
    ...[group, number(us / requests), `${number((us / all) * 100)} %`],
  ]);
  return table('Self time per group', ['group', 'µs per request', 'share'], rows);
}

function functionTable(times: readonly SelfTime[], requests: number): string {
  const rows = times.slice(0, TOP).map(({ name, us }) => [name, number(us / requests)]);
  return table(`The ${TOP} functions with most self time`, ['function', 'µs per request'], rows);
}

/** The clock that V8 stamps profiles with. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
