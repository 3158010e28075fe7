/** Moving a number by its arrow keys. */

import type { Field } from './fields';

/** A step that suits the field: one, or for fractions of a narrow range a tenth or a hundredth. */
export function stepOf(field: Field): number {
  if (field.kind === 'integer') return 1;
  const { min, max } = field;
  if (typeof min !== 'number' || typeof max !== 'number') return 1;
  const range = max - min;
  if (range <= 1) return 0.01;
  return range <= 10 ? 0.1 : 1;
}

/** The field's text some steps further, within its limits; from nothing, the nearest to zero. */
export function stepped(field: Field, text: string, steps: number): string {
  const now = Number(text);
  const step = stepOf(field);
  const next = text.trim() === '' || Number.isNaN(now) ? 0 : now + steps * step;
  const low = typeof field.min === 'number' ? field.min : -Infinity;
  const high = typeof field.max === 'number' ? field.max : Infinity;
  const within = Math.min(high, Math.max(low, next));
  return String(Math.round(within * 1e6) / 1e6);
}
