import { Journal } from '../../src/proxy/journal.ts';

/** Two journals, as two threads have them, that append numbered records to one file and tell when all are written. */
const [path = '', count = '0'] = process.argv.slice(2);
const journals = ['a', 'b'].map((name) => {
  const events = {
    onProblem: (sentence: string) => process.stdout.write(`${name} problem: ${sentence}\n`),
    onFull: () => {},
  };
  return new Journal({ path, maxBytes: 1e9, refuses: true }, events);
});

for (let i = 0; i < Number(count); i++) {
  for (const [at, journal] of journals.entries())
    journal.append(`{"of":${at},"n":${i},"text":"${'x'.repeat(i % 700)}"}\n`);
  if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
while (journals.some((journal) => journal.written < Number(count))) {
  await Promise.all(journals.map((journal) => journal.drain()));
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdout.write('all written\n');
process.exit(0);
