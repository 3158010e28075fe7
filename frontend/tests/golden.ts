import type { RowSchema } from '$lib/api/types';
import { fieldsOf, type Field } from '$lib/schema/fields';
import golden from '../../tests/golden/parcels_schema.json';

/** The service's own description of a row of parcels: pytest holds the service to the same file. */
export const parcels = golden as unknown as RowSchema;

export const fields: Field[] = fieldsOf(parcels);

export function field(name: string, changes: Partial<Field> = {}): Field {
  const found = fields.find((one) => one.name === name);
  if (!found) throw new Error(`the golden schema has no ${name}`);
  return { ...found, ...changes };
}
