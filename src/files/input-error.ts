/** An input file that cannot be loaded. The message names the file and the remedy, and holds nothing of its contents. */
export class InputError extends Error {
  readonly code = 'input';
  constructor(path: string, problem: string, remedy: string, options?: { cause?: unknown }) {
    super(`${path}: ${problem}; ${remedy}`, options);
    this.name = 'InputError';
  }
}
