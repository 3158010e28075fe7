/** How the columns of a file fit the fields. */

import type { Field } from '$lib/schema/fields';

export interface Fit {
  /** The field of each column; nothing for one that the model does not know. */
  fields: (Field | null)[];
  /** Columns that were taken for a field of another name. */
  renamed: { column: string; field: Field }[];
  unknown: string[];
  absent: Field[];
}

/** By name; else by name in any case and with any separator; else by title. */
export function fit(fields: Field[], columns: string[]): Fit {
  const taken = new Set<string>();
  const found: (Field | null)[] = columns.map(() => null);
  const ways: ((field: Field, column: string) => boolean)[] = [
    (field, column) => field.name === column,
    (field, column) => bare(field.name) === bare(column),
    (field, column) => bare(field.title) === bare(column),
  ];
  for (const same of ways) {
    columns.forEach((column, at) => {
      if (found[at]) return;
      const matches = fields.filter((field) => !taken.has(field.name) && same(field, column));
      if (matches.length !== 1 || !matches[0]) return;
      found[at] = matches[0];
      taken.add(matches[0].name);
    });
  }
  return {
    fields: found,
    renamed: columns.flatMap((column, at) => {
      const field = found[at];
      return field && field.name !== column ? [{ column, field }] : [];
    }),
    unknown: columns.filter((_, at) => !found[at]).map((name) => name || 'a column without a name'),
    absent: fields.filter((field) => !taken.has(field.name)),
  };
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]+/g, '');
}
