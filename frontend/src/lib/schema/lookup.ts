/** Fields whose value follows from others by a table in the contract. */

import type { Field } from './fields';
import { textOf } from './values';

const tables = new WeakMap<Field, Map<string, string>>();

/** The text that follows from the texts of other fields; nothing where the table has no such row. */
export function following(field: Field, text: (name: string) => string): string | undefined {
  if (!field.lookup) return undefined;
  return tableOf(field).get(keyOf(field.lookup.by.map(text)));
}

function tableOf(field: Field): Map<string, string> {
  let table = tables.get(field);
  if (!table) {
    table = new Map(
      field.lookup?.rows.map((row) => [
        keyOf(row.slice(0, -1).map(String)),
        textOf(field, row.at(-1)),
      ]),
    );
    tables.set(field, table);
  }
  return table;
}

function keyOf(texts: string[]): string {
  return JSON.stringify(texts.map((text) => text.trim()));
}
