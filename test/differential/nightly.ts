import { type Report, runCampaign } from './campaign.ts';
import { describeDiscrepancy, shrink } from './shrink.ts';

const MOST_SHOWN = 20;
const [count = 200_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);

function show(title: string, counts: Readonly<Record<string, number>>): void {
  console.log(`${title}:`);
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  for (const [name, times] of rows) console.log(`  ${String(times).padStart(8)}  ${name}`);
}

async function showDiscrepancies({ discrepancies }: Report): Promise<void> {
  console.log(`${discrepancies.length} discrepancies`);
  for (const discrepancy of discrepancies.slice(0, MOST_SHOWN)) {
    console.log(`  ${describeDiscrepancy(await shrink(discrepancy))}`);
  }
}

console.log(`${count} messages, seed ${seed}`);
const started = performance.now();
const report = await runCampaign(count, seed);
const { both, neither, stricter, excused } = report.counts;
show('Messages', {
  'accepted by both': both,
  'refused by both': neither,
  'stricter than Node': stricter,
  excused,
});
show('Stricter than Node, by fault', report.stricter);
show('Excused, by exception', report.excused);
await showDiscrepancies(report);
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = report.discrepancies.length === 0 ? 0 : 1;
