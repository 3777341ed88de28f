/** `immload spec diff` */
import { expect, test } from 'vitest';
import { type Outcome, runProgram } from '../support/program.js';
import { Sandbox } from '../support/sandbox.js';
import { smallest } from '../support/small-spec.js';

const OLD = JSON.stringify(smallest());
const NEW = OLD.replace('"version":"1"', '"version":"2"')
  .replace('"name":"DOB","field":"birth_date"', '"name":"DOB","field":"birth_date","use":"required"')
  .replace('"aliases":["Surname"]', '"aliases":["Surname","Family"]');

async function diff(from: string, to: string, ...options: string[]): Promise<Outcome> {
  using sandbox = new Sandbox();
  sandbox.write('old.json', from);
  sandbox.write('new.json', to);
  return await runProgram(sandbox.folder, ['spec', 'diff', 'old.json', 'new.json', ...options]);
}

test('spec diff says what a sender must change, and what else is different', async () => {
  expect(await diff(OLD, NEW)).toMatchObject({
    code: 0,
    stderr: '',
    stdout: `my-clinic 1 → my-clinic 2

What a sender must change
  Patient file
    - DOB: now required, not optional

What else is different
  Patient file
    - Last: may now be called Family
`,
  });
});

test('spec diff --json says it to programs', async () => {
  const { code, stdout } = await diff(OLD, NEW, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    from: { id: 'my-clinic', version: '1', title: 'Export of my clinic' },
    to: { id: 'my-clinic', version: '2', title: 'Export of my clinic' },
    changes: [
      {
        kind: 'aliases',
        layout: 'patient',
        column: 'Last',
        before: ['Surname'],
        after: ['Surname', 'Family'],
        must_change: false,
        message: 'may now be called Family',
      },
      {
        kind: 'use',
        layout: 'patient',
        column: 'DOB',
        before: 'optional',
        after: 'required',
        must_change: true,
        message: 'now required, not optional',
      },
    ],
  });
});

test('spec diff of the same says that nothing changes', async () => {
  expect(await diff(OLD, OLD)).toMatchObject({
    code: 0,
    stdout: 'my-clinic 1 → my-clinic 1: nothing changes for a sender\n',
  });
});

test('spec diff refuses what is no spec', async () => {
  expect(await diff(OLD, '{}')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^immload: new\.json: line 1, column 1: \/id: missing\. .*`immload spec check new\.json`\)\n$/,
    ),
  });
});
