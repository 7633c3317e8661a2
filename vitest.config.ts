import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'dist/**'];

/** File for a report that programs can read, beside what is shown. */
const report = process.env.PORTCULLIS_TEST_REPORT ?? '';

/** Two projects: `unit` runs in seconds and opens no process; `real` starts whole gateways and real servers. */
export default defineConfig({
  test: {
    reporters: report === '' ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        test: {
          name: 'unit',
          // Nothing is measured by it: a busy machine is slow.
          testTimeout: 60_000,
          include: [
            'src/**/*.test.ts',
            'examples/**/*.test.ts',
            'test/arch/**/*.test.ts',
            'test/shape/**/*.test.ts',
          ],
          exclude,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, 'test/arch/**', 'test/shape/**'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
