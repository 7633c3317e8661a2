import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBench } from './bench.ts';
import { layOutCpus } from './cpu-layout.ts';
import { limitTables } from './limit-tables.ts';
import { missingPackages } from './machine.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { ProcessGroup } from './processes.ts';
import { profileGateway } from './profile.ts';
import { type BenchReport, toJson, toMarkdown } from './report.ts';
import { type Place, startRig } from './rig.ts';
import { measureWaf } from './waf.ts';
import { missingWafPackages } from './waf-peers.ts';
import { wafTables } from './waf-tables.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const RESULTS = join(HERE, 'results');

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 done, 1 something could not be measured, 2 the bench could not start, 130 interrupted. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'number') return options;
  const missing = process.platform === 'linux' ? missingPackages() : [];
  if (process.platform !== 'linux' || missing.length > 0) {
    console.error(
      missing.length > 0 ? `Run \`apt-get install ${missing.join(' ')}\` first.` : 'The bench needs Linux.',
    );
    return 2;
  }
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  // Whoever reads our output may go away, as `head` does: then stop as well, and clean up.
  process.stdout.on('error', () => controller.abort());
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  const processes = new ProcessGroup(dir, controller.signal);
  try {
    const place = { dir, processes, signal: controller.signal };
    if (options.profile) {
      console.log(await profileGateway(options.seconds, place));
      return 0;
    }
    if (options.limits) {
      console.log(await limitReport(place));
      return 0;
    }
    if (options.waf) {
      console.log(await wafReport(options, place));
      return 0;
    }
    const report = await runBench(options, place, commit());
    console.log(`\n${toMarkdown(report)}\n${save(report)}`);
    return report.skipped.length === 0 ? 0 : 1;
  } catch (error) {
    if (controller.signal.aborted) return 130;
    console.error((error as Error).message);
    return 1;
  } finally {
    await processes.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Measures the limiters alone; loads the sources of the gateway only here. */
async function limitReport(place: Place): Promise<string> {
  const { measureLimits } = await import('./limits.ts');
  const { rig } = await startRig(place, '');
  return limitTables(await measureLimits(rig, (line) => console.log(line)));
}

/** Measures firewalls with the same rules side by side. */
async function wafReport(options: BenchOptions, place: Place): Promise<string> {
  const missingRules = missingWafPackages();
  if (missingRules.length > 0) throw new Error(`Run \`apt-get install ${missingRules.join(' ')}\` first.`);
  const { subject, load } = layOutCpus();
  const { rig } = await startRig(place, load);
  const cells = await measureWaf(rig, { ...options, subjectCpus: subject, loadCpus: load }, (line) =>
    console.log(line),
  );
  return wafTables(cells);
}

function readOptions(args: readonly string[]): BenchOptions | number {
  try {
    const options = parseOptions(args);
    if (options !== 'help') return options;
    console.log(USAGE);
    return 0;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
}

/** Writes the report beside earlier ones; what is not the whole bench says so in its name. */
function save(report: BenchReport): string {
  const partial = report.skipped.length > 0 || report.options.isPartial ? '-partial' : '';
  const path = join(RESULTS, `${report.startedAt.slice(0, 10)}-${report.commit}${partial}`);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${path}.json`, toJson(report));
  writeFileSync(`${path}.md`, toMarkdown(report));
  return `Written to ${path}.{json,md}`;
}

/** The commit the sources are at, marked when they have changed since. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: HERE, stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  try {
    const short = git('rev-parse', '--short', 'HEAD').trim();
    return git('status', '--porcelain', '../src') === '' ? short : `${short}-changed`;
  } catch {
    return 'uncommitted';
  }
}
