/** How vitest runs the tests of a mutation run: nothing is built, and one rule is silent. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/silence-rule.ts', 'test/support/property-seed.ts'],
    testTimeout: 120_000,
    pool: 'forks',
  },
});
