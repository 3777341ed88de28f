/** What never reaches a terminal or a log: values of records, and characters that a terminal obeys. */
import { writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/core/model.js';
import { headerLine, toLine } from '../../src/core/write.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

/** A mark that no text of the program holds, different in every cell. */
const CANARY = /Zq\d+x|9[01]\d{5}7/i;

const accepted = { sharing_objection: () => 'N', action_code: () => 'A', completion_status: () => 'CP' };

/** Records every field of which holds a mark, but for the values that let them get so far. */
function markedLines(role: Role, count: number, keep: Readonly<Record<string, (i: number) => string>>): string[] {
  const layout = MIIS.layouts[role];
  return Array.from({ length: count }, (_, i) => {
    const cells = layout.fields.map((field, column) => keep[field.field ?? '']?.(i) ?? `Zq${i * 100 + column}x`);
    return toLine(cells, layout);
  });
}

function writeMarked(sandbox: Sandbox): void {
  const id = (i: number): string => `90${String(i).padStart(5, '0')}7`;
  const patients = [
    ...markedLines('patient', 5, {}),
    ...markedLines('patient', 5, { ...accepted, source_patient_id: id, birth_date: () => '20150504' }),
    ...markedLines('patient', 3, { ...accepted, source_patient_id: id, birth_date: () => '19990504' }),
    '"Zq1x|Zq2x',
    'Zq3x|Zq4x',
    '"Zq5x"Zq6x|Zq7x',
  ];
  const doses = [
    ...markedLines('immunization', 5, {}),
    ...markedLines('immunization', 5, {
      ...accepted,
      source_patient_id: id,
      administered_on: () => '20160504',
      cvx: () => '03',
    }),
    ...markedLines('immunization', 5, {
      ...accepted,
      source_patient_id: id,
      administered_on: () => '19160504',
      cvx: () => '03',
    }),
  ];
  sandbox.write('p.txt', `${[headerLine(MIIS.layouts.patient), ...patients].join('\n')}\n`);
  sandbox.write('d.txt', `${[headerLine(MIIS.layouts.immunization), ...doses].join('\n')}\n`);
}

const SUBMISSION = ['--patients', 'p.txt', '--immunizations', 'd.txt'];

describe('no value of a record is printed', () => {
  test.each([
    { what: 'by a load', args: ['load', ...SUBMISSION], code: 3 },
    { what: 'by a dry run', args: ['load', '--dry-run', ...SUBMISSION], code: 3 },
    { what: 'by a check', args: ['validate', ...SUBMISSION, '--json'], code: 3 },
    { what: 'by a load of doses without their patients', args: ['load', '--immunizations', 'd.txt'], code: 3 },
    { what: 'by a run that fails for its rejects', args: ['load', ...SUBMISSION, '--max-rejects', '1'], code: 1 },
    { what: 'when the files are swapped', args: ['load', '--patients', 'd.txt', '--immunizations', 'p.txt'], code: 1 },
    {
      what: 'when the layout is another',
      args: ['load', ...SUBMISSION, '--spec', 'grits-fixed', '--site', 'F1'],
      code: null,
    },
    { what: 'when the registry is one of the files', args: ['load', ...SUBMISSION, '--db', 'p.txt'], code: 1 },
    { what: 'when the specification is one of the files', args: ['load', ...SUBMISSION, '--spec', './p.txt'], code: 2 },
  ])('$what', async ({ args, code }) => {
    using sandbox = new Sandbox();
    writeMarked(sandbox);
    const outcome = await runProgram(sandbox.folder, args);
    if (code !== null) expect(outcome.code).toBe(code);
    expect(outcome.stdout + outcome.stderr).not.toBe('');
    expect(outcome.stdout).not.toMatch(CANARY);
    expect(outcome.stderr).not.toMatch(CANARY);
  });

  test('while the report, which only its owner can read, has them', async () => {
    using sandbox = new Sandbox();
    writeMarked(sandbox);
    const outcome = await runProgram(sandbox.folder, ['load', ...SUBMISSION, '--report', 'out']);
    expect(outcome.stdout).toMatch(/^ +p\.txt +16 +[1-9]/m);
    expect(outcome.stdout).toMatch(/^ +d\.txt +15 +[1-9]/m);
    const values = (await sandbox.report(sandbox.path('out'), 'issues.csv')).filter((row) =>
      CANARY.test(row['value']!),
    );
    expect(values.length).toBeGreaterThan(100);
  });

  test('by a load in fixed width', async () => {
    using sandbox = new Sandbox();
    for (const role of ['patient', 'immunization'] as const) {
      const layout = GRITS.layouts[role];
      const rows = Array.from({ length: 4 }, (_, i) =>
        toLine(
          layout.fields.map((_, c) => `Zq${i * 100 + c}x`),
          layout,
        ),
      );
      sandbox.write(`${role}.txt`, `${rows.join('\r\n')}\r\n`);
    }
    const args = [
      '--spec',
      'grits-fixed',
      '--site',
      'F1',
      '--patients',
      'patient.txt',
      '--immunizations',
      'immunization.txt',
    ];
    const outcome = await runProgram(sandbox.folder, ['load', ...args]);
    expect(outcome.code).toBe(3);
    expect(outcome.stdout + outcome.stderr).not.toMatch(CANARY);
  });

  test('when the registry refuses a row', async () => {
    using sandbox = new Sandbox();
    writeMarked(sandbox);
    expect((await runProgram(sandbox.folder, ['migrate'])).code).toBe(0);
    const database = new Database(sandbox.path('immload.db'));
    database.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON patients BEGIN SELECT RAISE(ABORT, 'no'); END;
       CREATE UNIQUE INDEX one_line ON patient_sources (run_id)`,
    );
    database.close();
    const outcome = await runProgram(sandbox.folder, ['load', ...SUBMISSION]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(
      /^immload: \.\/immload\.db: the database refused \(SQLITE_CONSTRAINT_\w+: [^\n]*\)\n$/,
    );
    expect(outcome.stderr).not.toMatch(CANARY);
    expect(Object.keys(outcome.left)).not.toContain('immload-report');
  });
});

const OBEYED = '\u001b[31m\u0007\u009b2J\u202e';

describe('characters that a terminal obeys', () => {
  const name = `p${OBEYED}.txt`;
  const patients = miis(
    'facility_id|patient_id|last_name|first_name|birth_date',
    'F1|1|Smith|Anna|20150504',
    'F1|2||Ben|20150504',
  );

  test.each([
    ['in the name of a file that is loaded', ['load', '--patients', name]],
    ['in the name of a file that is missing', ['load', '--patients', `gone${name}`]],
    ['in the name of a report folder', ['load', '--patients', name, '--report', `out${OBEYED}`]],
    ['in the name of a registry that is none', ['load', '--patients', name, '--db', name]],
    ['in the name of a registry that is made', ['migrate', '--db', `r${OBEYED}.db`]],
    ['in the name of a specification', ['load', '--patients', name, '--spec', `./own${OBEYED}.json`]],
    ['in an option', ['load', `--${OBEYED}`]],
    ['in a command', [OBEYED]],
    ['in a code', ['explain', OBEYED]],
  ])('%s are shown, not sent', async (_, args) => {
    using sandbox = new Sandbox();
    writeFileSync(sandbox.path(name), patients);
    const { stdout, stderr } = await runProgram(sandbox.folder, args);
    expect(`${stdout}${stderr}`).toMatch(/�/);
    expect(`${stdout}${stderr}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('in the names of files that were loaded are shown, not sent', async () => {
    using sandbox = new Sandbox();
    writeFileSync(sandbox.path(name), patients);
    await runProgram(sandbox.folder, ['load', '--patients', name]);
    const { stdout } = await runProgram(sandbox.folder, ['runs']);
    expect(stdout).toContain('p�[31m��2J�.txt');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
