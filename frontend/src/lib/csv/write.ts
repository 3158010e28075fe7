/** The template that people fill in. */

import Papa from 'papaparse';
import type { Row } from '$lib/api/types';
import type { Field } from '$lib/schema/fields';

/** A file to fill in: the columns that the model takes, with its examples as rows. */
export function templateCsv(fields: Field[], examples: Row[]): string {
  const names = fields.map((field) => field.name);
  const data = examples.map((row) => names.map((name) => row[name] ?? ''));
  return Papa.unparse({ fields: names, data }, { newline: '\n' });
}
