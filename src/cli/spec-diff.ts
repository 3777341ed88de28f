/** `immload spec diff` */
import type { Role } from '../core/model.js';
import type { Spec } from '../core/spec.js';
import { titleOfRole } from '../docs/flat-file-specification.js';
import { diffSpecs, type SpecChange } from '../docs/spec-diff.js';
import { loadSpec } from '../files/specs.js';
import { print, printJson } from './print.js';
import { showSafely, wrapText } from './table.js';

/** Says what changes for a sender from one spec to another. */
export function compareSpecs(from: string, to: string, json: boolean): void {
  const [before, after] = [loadSpec(from), loadSpec(to)];
  const changes = diffSpecs(before, after);
  if (json) printJson(describe(before, after, changes));
  else print(format(before, after, changes));
}

function describe(before: Spec, after: Spec, changes: readonly SpecChange[]): unknown {
  const nameOf = ({ id, version, title }: Spec) => ({ id, version, title });
  return {
    from: nameOf(before),
    to: nameOf(after),
    changes: changes.map(({ mustChange, message, ...each }) => ({ ...each, must_change: mustChange, message })),
  };
}

function format(before: Spec, after: Spec, changes: readonly SpecChange[]): string {
  const title = showSafely(`${before.id} ${before.version} → ${after.id} ${after.version}`);
  if (changes.length === 0) return `${title}: nothing changes for a sender`;
  const parts = [
    ['What a sender must change', changes.filter((each) => each.mustChange)],
    ['What else is different', changes.filter((each) => !each.mustChange)],
  ] as const;
  const shown = parts.filter(([, some]) => some.length > 0).map(([head, some]) => `${head}\n${formatChanges(some)}`);
  return [title, ...shown].join('\n\n');
}

function formatChanges(changes: readonly SpecChange[]): string {
  const layouts = new Map<Role | null, SpecChange[]>();
  for (const each of changes) layouts.set(each.layout, [...(layouts.get(each.layout) ?? []), each]);
  return [...layouts]
    .map(([role, some]) => {
      const head = `  ${role === null ? 'Every file' : titleOfRole(role)}`;
      return [head, ...some.map(formatChange)].join('\n');
    })
    .join('\n');
}

const INDENT = '      ';

function formatChange({ column, message }: SpecChange): string {
  const text = showSafely(column === null ? message : `${column}: ${message}`);
  return `    - ${wrapText(text, INDENT).slice(INDENT.length)}`;
}
