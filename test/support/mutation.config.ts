/** How vitest runs the tests of a mutation run: nothing is built, and one rule is silent. */
import { defineConfig } from 'vitest/config';

/** A server takes a second to start: it is there for the tests that need it. */
const needsServer = process.argv.some((argument) => argument.includes('postgres'));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: needsServer ? ['test/support/setup-postgres.ts'] : [],
    setupFiles: ['test/support/silence-rule.ts', 'test/support/property-seed.ts'],
    testTimeout: 120_000,
    pool: 'forks',
  },
});
