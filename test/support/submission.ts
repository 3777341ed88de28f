/** Writes a made-up clinic as the two files of a submission, of any size, in bounded memory. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Role } from '../../src/core/model.js';
import type { Layout, Spec } from '../../src/core/spec.js';
import { type Cells, headerLine, toCells, toLine } from '../../src/core/write.js';
import { type ClinicOptions, codedByCpt, makeClinic } from './clinic.js';

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
  const carriesCvx = spec.layouts.immunization.fields.some(({ field }) => field === 'cvx');
  for (const { patient, doses } of makeClinic(clinic)) {
    const cells = toCells(patient, 'patient', spec);
    for (const each of spoiler?.patient(cells) ?? [cells]) patients.write(lineOf(each, spec.layouts.patient));
    for (const dose of doses) {
      const doseCells = toCells(carriesCvx ? dose : codedByCpt(dose), 'immunization', spec);
      for (const each of spoiler?.immunization(doseCells) ?? [doseCells]) {
        immunizations.write(lineOf(each, spec.layouts.immunization));
      }
    }
  }
  patients.close();
  immunizations.close();
  return { patients: patients.count, immunizations: immunizations.count };
}
