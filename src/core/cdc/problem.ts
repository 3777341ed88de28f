/** What keeps a file from being one of CDC's. */

/** A fault of a file, its place and its remedy. */
export interface CdcProblem {
  /** From 1; `null` for the file as a whole. */
  readonly line: number | null;
  readonly message: string;
  readonly remedy: string;
}

/** A fault that ends the reading of a file. It does not leave {@link readCdcFile}, which gives it as a value. */
export class CdcFault extends Error {
  readonly problem: CdcProblem;

  constructor(line: number | null, message: string, remedy: string) {
    super(message);
    this.name = 'CdcFault';
    this.problem = { line, message, remedy };
  }
}
