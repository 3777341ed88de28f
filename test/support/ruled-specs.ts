/** Specifications with rules of columns, of each kind of file. */
import { checkSpec, completeSpec, type Spec } from '../../src/core/spec.js';
import type { Json } from './small-spec.js';

const HEAD = {
  version: '1',
  title: 'A test',
  provenance: { status: 'inferred', source: 'made up', notes: [] },
  dates: { formats: ['MM/DD/YYYY'], twoDigitYears: 'reject' },
  nulls: ['N/A'],
  sets: { answers: ['Yes', 'No'], kinds: ['O', 'Y'], arms: ['left arm', 'right arm'], states: { table: 'state' } },
  prefixes: { 'area-of-state': { MA: ['339', '413', '508', '61-65'], NH: ['603'] } },
};
const CSV = { format: 'delimited', delimiter: ',', quote: '"', header: 'required' };

function specOf(json: { readonly layouts: Json }): Spec {
  const whole = { ...HEAD, id: 'test', ...json };
  const [problem] = checkSpec(whole);
  if (problem !== undefined) throw new Error(`${problem.path}: ${problem.message}`);
  return completeSpec(whole);
}

/** Two files. */
export const TWO_FILES = specOf({
  layouts: {
    patient: {
      ...CSV,
      conditions: {
        'is-minor': [{ column: 'minor', is: ['yes'] }],
        'is-test': [{ column: 'last', is: ['test'] }],
      },
      notLoaded: 'is-test',
      fields: [
        { name: 'id', field: 'source_patient_id', example: 'P-{n}', rules: [{ pattern: 'P-\\d+' }, { unique: true }] },
        { name: 'last', field: 'last_name' },
        { name: 'born', field: 'birth_date', rules: [{ notInFuture: true }, { notAfter: 'joined' }] },
        { name: 'joined', field: null },
        { name: 'minor', field: null, example: 'No', rules: [{ set: 'answers' }, { required: true }] },
        { name: 'guardian', field: 'guardian_last_name', rules: [{ required: true, when: 'is-minor', code: 'G1' }] },
        { name: 'state', field: 'state', rules: [{ set: 'states' }] },
        { name: 'phone', field: 'phone', rules: [{ needs: 'state' }, { prefixes: 'area-of-state', of: 'state' }] },
        { name: 'best time', field: null, rules: [{ notToSend: true, when: ['is-minor'] }, { longest: 8 }] },
      ],
    },
    immunization: {
      ...CSV,
      fields: [
        { name: 'id', field: 'source_patient_id', example: 'P-{n}' },
        { name: 'given', field: 'administered_on', rules: [{ dates: ['MM/DD/YYYY'] }] },
        { name: 'cvx', field: 'cvx' },
        { name: 'dose id', field: 'source_immunization_id', rules: [{ unique: true }] },
        { name: 'arm', field: null, rules: [{ set: 'arms' }] },
        { name: 'kind', field: null, example: 'Shot', rules: [{ fixed: 'shot' }] },
      ],
    },
  },
});

/** Two files of fixed width. */
export const FIXED_WIDTH = specOf({
  layouts: {
    patient: {
      format: 'fixed',
      conditions: { old: [{ column: 'kind', is: ['O'] }] },
      fields: [
        { name: 'id', field: 'source_patient_id', width: 4, rules: [{ unique: true }] },
        { name: 'last', field: 'last_name', width: 10 },
        { name: 'born', field: 'birth_date', width: 10 },
        { name: 'kind', field: null, width: 1, rules: [{ set: 'kinds' }] },
        { name: 'died', field: 'death_date', width: 10, rules: [{ required: true, when: 'old' }] },
      ],
    },
    immunization: {
      format: 'fixed',
      fields: [
        { name: 'id', field: 'source_patient_id', width: 4 },
        { name: 'given', field: 'administered_on', width: 10 },
        { name: 'cvx', field: 'cvx', width: 3 },
      ],
    },
  },
});

/** One file whose lines are patients and doses, each with rules of its own. */
export const TAGGED_LINES = specOf({
  layouts: {
    tagged: {
      format: 'delimited',
      delimiter: '|',
      quote: null,
      patient: {
        tag: 'P',
        conditions: { 'is-test': [{ column: 'last', is: ['test'] }] },
        notLoaded: 'is-test',
        fields: [
          { name: 'line', field: null },
          { name: 'id', field: 'source_patient_id', rules: [{ unique: true }, { pattern: '\\d+' }] },
          { name: 'last', field: 'last_name' },
          { name: 'born', field: 'birth_date', rules: [{ notInFuture: true }] },
          { name: 'minor', field: null, example: 'No', rules: [{ set: 'answers' }, { required: true }] },
        ],
      },
      immunization: {
        tag: 'I',
        conditions: { flu: [{ column: 'cvx', is: ['140'] }] },
        fields: [
          { name: 'line', field: null },
          { name: 'given', field: 'administered_on', rules: [{ dates: ['MM/DD/YYYY'] }] },
          { name: 'cvx', field: 'cvx' },
          { name: 'lot', field: 'lot_number', rules: [{ required: true, when: 'flu' }] },
          { name: 'id', field: 'source_immunization_id', rules: [{ unique: true }] },
        ],
      },
    },
  },
});

/** Records with up to three doses. */
export const SEVERAL_DOSES = specOf({
  layouts: {
    combined: {
      ...CSV,
      conditions: { flu: [{ column: 'CVX {n}', is: ['140'] }], 'no-person': [{ column: 'last', is: ['x'] }] },
      notLoaded: 'no-person',
      fields: [
        { name: 'id', field: 'source_patient_id', rules: [{ pattern: '\\d+' }] },
        { name: 'last', field: 'last_name' },
        { name: 'born', field: 'birth_date' },
        { name: 'source', field: null, rules: [{ set: 'answers' }] },
        {
          repeat: 3,
          fields: [
            { name: 'CVX {n}', field: 'cvx', rules: [{ required: true }] },
            { name: 'Date {n}', field: 'administered_on', rules: [{ notInFuture: true }] },
            { name: 'Lot {n}', field: 'lot_number', rules: [{ required: true, when: 'flu' }, { needs: 'Arm {n}' }] },
            { name: 'Arm {n}', field: 'body_site' },
          ],
        },
      ],
    },
  },
});
