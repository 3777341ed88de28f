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

/** The smallest spec with another value at a JSON pointer; `undefined` takes the property away. */
export function withValue(pointer: string, value: Json): Json {
  if (pointer === '') return value;
  const spec = smallest();
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
