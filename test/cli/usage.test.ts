/** Command lines that make no sense: exit code 2 and one line that says why. */
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/options.js';
import { programVersion } from '../../src/files/specs.js';
import { listFolder, runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');
const SEE_HELP = 'see `immload --help`';

describe('wrong usage', () => {
  test.each([
    [[], `no command given; ${SEE_HELP}`],
    [['spec'], `which? \`immload spec --help\` lists its commands; ${SEE_HELP}`],
    [['codes'], `which? \`immload codes --help\` lists its commands; ${SEE_HELP}`],
    [['lode'], `Unknown argument: lode; ${SEE_HELP}`],
    [['spec', 'lst'], `Unknown argument: lst; ${SEE_HELP}`],
    [['runs', 'all'], `Unknown argument: all; ${SEE_HELP}`],
    [['explain', 'cvx-padded', 'twice'], `Unknown argument: twice; ${SEE_HELP}`],
    [['spec', 'show'], `Not enough non-option arguments: got 0, need at least 1; ${SEE_HELP}`],
    [['codes', 'show'], `Not enough non-option arguments: got 0, need at least 1; ${SEE_HELP}`],
    [['codes', 'update'], `Not enough non-option arguments: got 0, need at least 1; ${SEE_HELP}`],
    [['codes', 'update', 'p.txt', '--as-of', 'June'], '--as-of: give a day as YYYY-MM-DD'],
    [['codes', 'update', 'p.txt', '--codes', 'p.txt'], '--codes: p.txt is a file; name a folder'],
    [['codes', 'list', '--codes', 'gone'], '--codes: there is no folder gone; `immload codes update` makes it'],
    [
      ['load', '--patients', 'p.txt', '--codes', 'p.txt'],
      '--codes: there is no folder p.txt; `immload codes update` makes it',
    ],
    [['load', '--patient', 'p.txt'], `Unknown argument: patient; ${SEE_HELP}`],
    [['load', '--maxRejects', '5', '--patients', 'p.txt'], `Unknown argument: maxRejects; ${SEE_HELP}`],
    [['load', '--patients', 'p.txt', '--compare', '1'], `Unknown argument: compare; ${SEE_HELP}`],
    [['validate', '--patients', 'p.txt', '--dry-run'], `Unknown argument: dry-run; ${SEE_HELP}`],
    [['runs', '--spec', 'x'], `Unknown argument: spec; ${SEE_HELP}`],
    [['load'], 'give the files to read with --patients and --immunizations, or just their names'],
    [['validate', '--quiet'], 'give the files to read with --patients and --immunizations, or just their names'],
    [['load', '--patients'], `Not enough arguments following: patients; ${SEE_HELP}`],
    [['load', '--patients', 'p.txt', '--spec'], `Not enough arguments following: spec; ${SEE_HELP}`],
    [['load', '--patients', ''], `--patients: give a value that is not empty; ${SEE_HELP}`],
    [['load', '--patients', 'p.txt', '--report', ''], `--report: give a value that is not empty; ${SEE_HELP}`],
    [['load', '--patients', 'p.txt', '--db', ''], `--db: give a value that is not empty; ${SEE_HELP}`],
    [
      ['load', '--patients', 'p.txt', '--rule', 'zip-invalid'],
      '--rule: zip-invalid says no severity; write CODE=SEVERITY, such as zip-invalid=info',
    ],
    [
      ['load', '--patients', 'p.txt', '--rule', 'zip-invalid='],
      '--rule: a blank is no severity of zip-invalid; use one of error, warning, info, off',
    ],
    [
      ['validate', '--patients', 'p.txt', '--rule', 'zip-invalid=warn'],
      '--rule: warn is no severity of zip-invalid; use one of error, warning, info, off',
    ],
    [
      ['load', '--patients', 'p.txt', '--rule', 'zip-invald=off'],
      '--rule: there is no issue code zip-invald; did you mean zip-invalid?',
    ],
    [
      ['load', '--patients', 'p.txt', '--rule', 'toString=off'],
      '--rule: there is no issue code toString; `immload explain` lists all codes',
    ],
    [
      ['load', '--rule', 'zip-invalid=off', '--rule', 'dose-date-missing=warning', 'p.txt'],
      '--rule: dose-date-missing is always an error: such a record cannot be stored or linked',
    ],
    [['load', '--patients', 'p.txt', '--today', '20260701'], '--today: give a day as YYYY-MM-DD'],
    [['load', '--patients', 'p.txt', '--today', '2026-02-30'], '--today: give a day as YYYY-MM-DD'],
    [['load', '--patients', 'p.txt', '--max-issues-per-code', '-1'], '--max-issues-per-code: give a whole number'],
    [['load', '--patients', 'p.txt', '--max-issues-per-code', 'few'], '--max-issues-per-code: give a whole number'],
    ...['few', '-1', '1.5', '101%', '5 percent', '1e3'].map((limit) => [
      ['load', '--patients', 'p.txt', `--max-rejects=${limit}`],
      '--max-rejects: give a number of records, such as 100, or a share, such as 5%',
    ]),
  ] as [string[], string][])('%j', async (args, says) => {
    using sandbox = new Sandbox();
    sandbox.write('p.txt', PATIENTS);
    const before = listFolder(sandbox.folder);
    const outcome = await runProgram(sandbox.folder, args);
    expect(outcome).toEqual({ code: 2, stdout: '', stderr: `immload: ${says}\n`, left: before });
  });
});

describe('help', () => {
  test('names every command, its purpose, examples and exit codes', async () => {
    using sandbox = new Sandbox();
    const outcome = await runProgram(sandbox.folder, ['--help']);
    expect(outcome).toMatchObject({ code: 0, stderr: '', left: {} });
    for (const name of Object.keys(COMMANDS)) expect(outcome.stdout).toContain(`immload ${name.split(' ')[0]!}`);
    expect(outcome.stdout).toContain('Load a submission into the registry');
    expect(outcome.stdout).toContain('Exit codes: 0 every record loaded, 1 the run failed');
  });

  test.each(Object.entries(COMMANDS))(
    'of %s names all of its options, with defaults',
    async (name, { describe: purpose, options }) => {
      using sandbox = new Sandbox();
      const words = name.split(' ').filter((word) => !/[[<]/.test(word));
      const outcome = await runProgram(sandbox.folder, [...words, '--help']);
      expect(outcome).toMatchObject({ code: 0, stderr: '', left: {} });
      const text = outcome.stdout.replace(/\s+/g, ' ');
      expect(text).toContain(purpose);
      for (const [option, { describe: words_, default: preset }] of Object.entries(options)) {
        expect(text).toContain(`--${option} ${words_.split(' ')[0]!}`);
        if (typeof preset === 'string') expect(text).toContain(`[default: "${preset}"]`);
      }
    },
  );

  test.each([
    ['load', '-h'],
    ['spec', '--help'],
    ['codes', '-h'],
  ])('is there for %s %s', async (command, option) => {
    using sandbox = new Sandbox();
    const outcome = await runProgram(sandbox.folder, [command, option]);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain(`immload ${command}`);
  });
});

test.each([['--version'], ['load', '--version']])('%s %s says the version of the package', async (...args) => {
  using sandbox = new Sandbox();
  expect(await runProgram(sandbox.folder, args)).toEqual({
    code: 0,
    stdout: `${programVersion()}\n`,
    stderr: '',
    left: {},
  });
});
