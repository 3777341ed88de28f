/** What a blank stands for is read as if the sender had written it. */
import { describe, expect, test } from 'vitest';
import { checkSpec, completeSpec, type Spec } from '../../src/core/spec.js';
import { Sandbox } from '../support/sandbox.js';
import { type Json, smallest, smallestTagged, withValue } from '../support/small-spec.js';

function specOf(json: Json): Spec {
  expect(checkSpec(json)).toEqual([]);
  return completeSpec(json);
}

const PATIENT_FIELDS = (smallest()['layouts'] as { patient: { fields: Json[] } }).patient.fields;
const patientsWith = (...columns: Json[]): Spec =>
  specOf(withValue('/layouts/patient/fields', [...PATIENT_FIELDS, ...columns]));

const DOSES = '1001      05/16/201603 \n';

describe('a blank', () => {
  test('stands for the sender’s value, and not for the code that looks like it', async () => {
    using sandbox = new Sandbox();
    const spec = patientsWith(
      { name: 'Share', field: 'sharing_objection', values: { Y: 'N', N: 'Y' }, default: 'Y' },
      { name: 'Sex', field: 'sex', default: 'Male' },
    );
    await sandbox.load({
      patients: { 'p.txt': 'Chart,Last,DOB,Share,Sex\n1001,Walsh,05/14/2015,,\n1002,Osei,03/09/1948,N,F\n' },
      immunizations: { 'i.txt': DOSES },
      spec,
      site: 'A',
    });
    expect(sandbox.query('SELECT last_name, sharing_objection, sex FROM patients ORDER BY id')).toEqual([
      { last_name: 'Walsh', sharing_objection: 'N', sex: 'M' },
      { last_name: 'Osei', sharing_objection: 'Y', sex: 'F' },
    ]);
  });

  test('of the vaccine is resolved as a written one', async () => {
    using sandbox = new Sandbox();
    const cvx = { name: 'Vaccine', field: 'cvx', width: 10, default: 'M-M-R II' };
    await sandbox.load({
      patients: { 'p.txt': 'Chart,Last,DOB\n1001,Walsh,05/14/2015\n' },
      immunizations: { 'i.txt': '1001      05/16/2016\n' },
      spec: specOf(withValue('/layouts/immunization/fields/2', cvx)),
      site: 'A',
    });
    expect(sandbox.query('SELECT cvx FROM immunizations')).toEqual([{ cvx: '03' }]);
  });

  test('of the site names it before --site does, for patients and their doses', async () => {
    using sandbox = new Sandbox();
    const site = { name: 'Site', field: 'site_id', default: 'B7' };
    await sandbox.load({
      patients: { 'h.txt': 'P|1001|Walsh|05/14/2015|\nI|05/16/2016|03\n' },
      immunizations: {},
      spec: specOf(withValue('/layouts/tagged/patient/fields/4', site, smallestTagged())),
      site: 'A',
    });
    expect(sandbox.query('SELECT site_id FROM patient_sources')).toEqual([{ site_id: 'B7' }]);
    expect(sandbox.query('SELECT count(*) AS doses FROM immunizations')).toEqual([{ doses: 1 }]);
  });
});

test('a default that no code table knows stops the load before anything is written', async () => {
  using sandbox = new Sandbox();
  const spec = patientsWith({ name: 'Sex', field: 'sex', default: 'Q' });
  const loading = sandbox.load({
    patients: { 'p.txt': 'Chart,Last,DOB,Sex\n1001,Walsh,05/14/2015,\n' },
    immunizations: { 'i.txt': DOSES },
    spec,
    site: 'A',
  });
  await expect(loading).rejects.toThrow('my-clinic: the default of Sex, "Q", is not understood in that column');
});
