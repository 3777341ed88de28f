/** The smallest spec that is one, and what can be done to it. */
export type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };

/** The smallest spec that is one: all optional parts are left out. */
export function smallest(): { [key: string]: Json } {
  return {
    id: 'my-clinic',
    version: '1',
    title: 'Export of my clinic',
    provenance: { status: 'inferred', source: 'an export', notes: [] },
    dates: { formats: ['MM/DD/YYYY'], twoDigitYears: 'reject' },
    layouts: {
      patient: {
        format: 'delimited',
        delimiter: ',',
        quote: '"',
        header: 'required',
        fields: [
          { name: 'Chart', field: 'source_patient_id' },
          { name: 'Last', field: 'last_name', aliases: ['Surname'] },
          { name: 'DOB', field: 'birth_date' },
        ],
      },
      immunization: {
        format: 'fixed',
        fields: [
          { name: 'Chart', field: 'source_patient_id', width: 10 },
          { name: 'Date', field: 'administered_on', width: 10 },
          { name: 'Vaccine', field: 'cvx', width: 3 },
        ],
      },
    },
  };
}

/** The smallest spec of files whose records have a patient and up to three doses. */
export function smallestCombined(): { [key: string]: Json } {
  const { layouts: _, ...rest } = smallest();
  const person = [
    { name: 'Chart', field: 'source_patient_id' },
    { name: 'Last', field: 'last_name' },
    { name: 'DOB', field: 'birth_date' },
    { name: 'VFC', field: 'patient.eligibility' },
  ];
  const doses = {
    repeat: 3,
    fields: [
      { name: 'Date {n}', field: 'administered_on' },
      { name: 'CVX {n}', field: 'cvx' },
    ],
  };
  const csv = { format: 'delimited', delimiter: ',', quote: '"', header: 'required' };
  return { ...rest, layouts: { combined: { ...csv, fields: [...person, doses] } } };
}

/** The smallest spec of files whose lines are patients, and doses of the patient above them. */
export function smallestTagged(): { [key: string]: Json } {
  const { layouts: _, ...rest } = smallest();
  const patient = {
    tag: 'P',
    fields: [
      { name: 'Line', field: null },
      { name: 'Chart', field: 'source_patient_id' },
      { name: 'Last', field: 'last_name' },
      { name: 'DOB', field: 'birth_date' },
    ],
  };
  const immunization = {
    tag: 'I',
    fields: [
      { name: 'Line', field: null },
      { name: 'Date', field: 'administered_on' },
      { name: 'Vaccine', field: 'cvx' },
    ],
  };
  return { ...rest, layouts: { tagged: { format: 'delimited', delimiter: '|', quote: '"', patient, immunization } } };
}

/** The smallest spec of files in which patients and doses stand one behind the other on a line. */
export function smallestGlued(): { [key: string]: Json } {
  const { layouts: _, ...rest } = smallest();
  const patient = {
    tag: 'C',
    fields: [
      { name: 'Segment', field: null, width: 2 },
      { name: 'Chart', field: 'source_patient_id', width: 8 },
      { name: 'Last', field: 'last_name', width: 12 },
      { name: 'DOB', field: 'birth_date', width: 10 },
    ],
  };
  const immunization = {
    tag: 'I',
    fields: [
      { name: 'Segment', field: null, width: 1 },
      { name: 'Date', field: 'administered_on', width: 10 },
      { name: 'Vaccine', field: 'cvx', width: 3 },
    ],
  };
  const others = [
    { tag: 'CX', width: 6 },
    { tag: 'TR', width: 2 },
  ];
  return { ...rest, layouts: { tagged: { format: 'fixed', glued: true, patient, immunization, others } } };
}

/** The smallest spec with another value at a JSON pointer; `undefined` takes the property away. */
export function withValue(pointer: string, value: Json, spec = smallest()): Json {
  if (pointer === '') return value;
  const steps = pointer.slice(1).split('/');
  const last = steps.pop()!;
  let place: Json = spec;
  for (const step of steps) place = (place as { [key: string]: Json })[step];
  if (value === undefined && Array.isArray(place)) place.splice(Number(last), 1);
  else if (value === undefined) delete (place as { [key: string]: Json })[last];
  else (place as { [key: string]: Json })[last] = value;
  return spec;
}

/** The places of all values in it, as JSON pointers. */
export function pointers(json: Json, path = ''): string[] {
  if (typeof json !== 'object' || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([name, value]) => pointers(value, `${path}/${name}`))];
}
