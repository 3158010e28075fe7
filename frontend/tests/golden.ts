import type { Property, RowSchema } from '$lib/api/types';
import { fieldsOf, type Field } from '$lib/schema/fields';
import golden from '../../tests/golden/parcels_schema.json';

/** The service's own description of a row of parcels: pytest holds the service to the same file. */
export const parcels = golden as unknown as RowSchema;

/** A target of which the contract says nothing. */
export const NO_TARGET = { title: '', unit: null, chance_of: null, classes: [] };

export const fields: Field[] = fieldsOf(parcels);

/** A yes or no with words of its own. */
export function truth(property: Property): Field {
  const labels = { true: 'wrapped', false: 'None' };
  const [made] = fieldsOf({
    properties: { gift: { title: 'Gift', type: 'boolean', labels, ...property } },
    required: ['gift'],
  });
  if (!made) throw new Error('no field was made');
  return made;
}

export function field(name: string, changes: Partial<Field> = {}): Field {
  const found = fields.find((one) => one.name === name);
  if (!found) throw new Error(`the golden schema has no ${name}`);
  return { ...found, ...changes };
}
