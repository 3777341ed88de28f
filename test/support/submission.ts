/** Writes a made-up clinic as the two files of a submission, of any size, in bounded memory. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Role } from '../../src/core/model.js';
import type { Layout, Spec } from '../../src/core/spec.js';
import { type Cells, headerLine, toCells, toLine } from '../../src/core/write.js';
import { type ClinicOptions, codedBy, makeClinic, type TrueDose, type VaccineNaming } from './clinic.js';
import { CODES } from './fixtures.js';

/** A record as it goes to the file: its cells, or a raw line that no cells could give, or one in another encoding. */
export type Spoiled = Cells | string | Uint8Array;

/** Spoils some of the records on their way to a file. It may change a record, repeat it, or give none. */
export interface Spoiler {
  patient(cells: Cells): readonly Spoiled[];
  immunization(cells: Cells): readonly Spoiled[];
}

export interface SubmissionPaths {
  readonly patients: string;
  readonly immunizations: string;
}

/** Buffers lines, so that a file of a million lines is not a million writes. */
class LineWriter {
  readonly #file: number;
  readonly #lineEnd: string;
  #pending: string[] = [];
  #characters = 0;
  count = 0;

  constructor(path: string, lineEnd: string) {
    this.#file = openSync(path, 'w');
    this.#lineEnd = lineEnd;
  }

  write(line: string | Uint8Array): void {
    this.count++;
    if (typeof line !== 'string') {
      this.#flush();
      this.#writeBytes(Buffer.concat([line, Buffer.from(this.#lineEnd)]));
      return;
    }
    this.#pending.push(line);
    this.#characters += line.length;
    if (this.#characters > 1 << 20) this.#flush();
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.#writeBytes(Buffer.from(this.#pending.join(this.#lineEnd) + this.#lineEnd, 'utf8'));
    this.#pending = [];
    this.#characters = 0;
  }

  #writeBytes(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }
}

function lineOf(record: Spoiled, layout: Layout): string | Uint8Array {
  return Array.isArray(record) ? toLine(record, layout) : record;
}

/** How a layout names vaccines. */
function namingOf(spec: Spec): VaccineNaming {
  const carried = spec.layouts.immunization.fields.map(({ field }) => field);
  return (['cvx', 'cpt', 'vaccine_name'] as const).find((field) => carried.includes(field))!;
}

/** Writes the clinic as one file with a dose in each record; `more` is said of each dose. */
export function writeCombined(clinic: ClinicOptions, spec: Spec, path: string, more: TrueDose = {}): void {
  const layout = spec.layouts.patient;
  const writer = new LineWriter(path, '\n');
  const header = headerLine(layout);
  if (header !== null) writer.write(header);
  for (const { patient, doses } of makeClinic(clinic)) {
    const cells = toCells(patient, 'patient', spec);
    for (const dose of doses) {
      const doseCells = toCells({ ...codedBy(namingOf(spec), dose, CODES), ...more }, 'immunization', spec);
      writer.write(
        toLine(
          cells.map((cell, i) => cell || doseCells[i]!),
          layout,
        ),
      );
    }
  }
  writer.close();
}

/** Writes the clinic, and says how many records each file has. */
export function writeSubmission(
  clinic: ClinicOptions,
  spec: Spec,
  paths: SubmissionPaths,
  spoiler?: Spoiler,
): { patients: number; immunizations: number } {
  const lineEnd = spec.layouts.patient.format === 'fixed' ? '\r\n' : '\n';
  const open = (role: Role, path: string): LineWriter => {
    const writer = new LineWriter(path, lineEnd);
    const header = headerLine(spec.layouts[role]);
    if (header !== null) {
      writer.write(header);
      writer.count = 0;
    }
    return writer;
  };
  const patients = open('patient', paths.patients);
  const immunizations = open('immunization', paths.immunizations);
  const naming = namingOf(spec);
  for (const { patient, doses } of makeClinic(clinic)) {
    const cells = toCells(patient, 'patient', spec);
    for (const each of spoiler?.patient(cells) ?? [cells]) patients.write(lineOf(each, spec.layouts.patient));
    for (const dose of doses) {
      const doseCells = toCells(codedBy(naming, dose, CODES), 'immunization', spec);
      for (const each of spoiler?.immunization(doseCells) ?? [doseCells]) {
        immunizations.write(lineOf(each, spec.layouts.immunization));
      }
    }
  }
  patients.close();
  immunizations.close();
  return { patients: patients.count, immunizations: immunizations.count };
}
