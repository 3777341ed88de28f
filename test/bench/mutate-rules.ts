/**
 * Takes one rule after the other out of its table, and shows that a test fails: `npm run mutate:rules [TABLE…]`. Codes that
 * no table tells are silenced where they are told.
 *
 * Prints the rules that no test misses, and ends with 1 where there are any.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageFolder } from '../../src/files/specs.js';
import { type Proof, RULE_TABLES } from '../support/rule-tables.js';

const VITEST = join(packageFolder(), 'node_modules/vitest/vitest.mjs');
const CONFIG = 'test/support/mutation.config.ts';

/** Whether the tests pass with a rule silent; with none, they must. */
function passes({ files, title }: Proof, silenced: string): boolean {
  const named = title === null ? [] : ['--testNamePattern', title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')];
  const args = [VITEST, 'run', '--config', CONFIG, '--bail', '1', '--reporter', 'dot', ...named, ...files];
  const env = { ...process.env, SILENCED: silenced };
  return spawnSync(process.execPath, args, { cwd: packageFolder(), env, stdio: 'ignore' }).status === 0;
}

const wanted = process.argv.slice(2);
const survivors: string[] = [];
let rules = 0;
for (const [table, { names, proofOf }] of Object.entries(RULE_TABLES)) {
  if (wanted.length > 0 && !wanted.includes(table)) continue;
  const files = [...new Set(names.flatMap((_, place) => proofOf(place).files))];
  if (!passes({ files, title: null }, '')) throw new Error(`${files.join(', ')} fail before any rule is taken out`);
  const missed = names.filter((_, place) => passes(proofOf(place), `${table}/${place}`));
  rules += names.length;
  survivors.push(...missed.map((name) => `${table}: ${name}`));
  process.stdout.write(
    `${table.padEnd(14)}${String(names.length).padStart(3)} rules, ${missed.length} that no test misses\n`,
  );
}
process.stdout.write(`${rules - survivors.length} of ${rules} rules are missed by a test when they are taken out\n`);
for (const survivor of survivors) process.stdout.write(`  not missed: ${survivor}\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;
