import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'dist/**'];

/** Two projects: `unit` runs in seconds and opens no process; `real` starts whole gateways and real servers. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'examples/**/*.test.ts', 'test/arch/**/*.test.ts', 'test/shape/**/*.test.ts'],
          exclude: [...exclude, 'src/**/*.real.test.ts'],
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.test.ts', 'src/**/*.real.test.ts'],
          exclude: [...exclude, 'test/arch/**', 'test/shape/**'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
