import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageFolder } from '../../src/files/specs.js';
import { Sandbox } from '../support/sandbox.js';
import type { CaseResult } from './match-case.js';

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const program = join(packageFolder(), 'dist/test/bench/match.js');
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

const FAMILIES = ['--persons', '400', '--seeds', '2', '--first-seed', '6'];

test('matches families of each seed, and says that FEBRL is left out', () => {
  const { status, stdout, stderr } = bench(...FAMILIES, '--json');
  expect(stderr).toBe('FEBRL is left out: --febrl says where its data sets are\n');
  expect(status).toBe(0);
  const results = JSON.parse(stdout) as CaseResult[];
  expect(results.map(({ name, model }) => [name, model])).toEqual([
    ['families, seed 6', 'fixed'],
    ['families, seed 7', 'fixed'],
  ]);
  for (const { score, peakMemoryMb, missed } of results) {
    expect(score.records).toBeGreaterThan(400);
    expect(score.foundPairs).toBeGreaterThan(0);
    expect(score.precision).toBeGreaterThan(0.9);
    expect(peakMemoryMb).toBeGreaterThan(10);
    expect(missed['birth date wrong']!.pairs).toBeGreaterThan(0);
  }
});

test('prints a table, and with details what is missed', () => {
  const { status, stdout } = bench(...FAMILIES, '--model', 'trained', '--details', '--examples', '1');
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  const columns =
    /^records of +model +records +precision +recall +F1 +after review +of persons +reviews\/1000 +twins +add s +match s +peak MB$/;
  expect(lines[0]).toMatch(columns);
  expect(lines[1]).toMatch(/^families, seed 6 +trained +\d+ +[01]\.\d{4} /);
  expect(stdout).toMatch(/^ {4}nickname +pairs +\d+, not found +\d+, nor in review +\d+$/m);
  expect(stdout).toMatch(/^ {4}missed/m);
});

test('matches FEBRL with and without the id, and its two files as one set', () => {
  using sandbox = new Sandbox();
  const header =
    'rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, soc_sec_id';
  const person = (id: string): string =>
    `${id}, ana, berry, 69, giblin street, , bittern, 4814, qld, 19990219, 7364009`;
  const write = (name: string, ...ids: string[]): void =>
    writeFileSync(sandbox.path(name), `${[header, ...ids.map(person)].join('\n')}\n`);
  for (const name of ['dataset1.csv', 'dataset2.csv', 'dataset3.csv']) write(name, 'rec-1-org', 'rec-1-dup-0');
  write('dataset4a.csv', 'rec-1-org');
  write('dataset4b.csv', 'rec-1-dup-0');
  const { status, stdout, stderr } = bench('--no-families', '--febrl', sandbox.folder, '--json');
  expect([status, stderr]).toEqual([0, '']);
  const results = JSON.parse(stdout) as CaseResult[];
  expect(results.map(({ name }) => name)).toEqual([
    ...[1, 2, 3, 4].map((set) => `FEBRL ${set} with id`),
    ...[1, 2, 3, 4].map((set) => `FEBRL ${set} without id`),
  ]);
  for (const { model, score } of results) expect([model, score.records, score.truePairs]).toEqual(['trained', 2, 1]);
});

test('refuses a folder that is not there', () => {
  const { status, stderr } = bench('--no-families', '--febrl', '/no/such/folder');
  expect(status).not.toBe(0);
  expect(stderr).toContain('/no/such/folder: there is no such folder');
});
