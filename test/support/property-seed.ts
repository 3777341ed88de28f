/**
 * Gives all properties one seed, so that a test run means the same on every machine. `PROPERTY_SEED=random npm test` looks
 * further; a failure names its own seed, which `PROPERTY_SEED=<seed>` brings back.
 */
import fc from 'fast-check';

const seed = process.env['PROPERTY_SEED'] ?? '20261122';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
