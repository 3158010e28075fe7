/** The classes of the model in service, and what people call them. */

import type { TargetClass } from '$lib/api/types';

let labels = $state.raw(new Map<string, string>());

/** Take the classes of the model in service. */
export function follow(classes: TargetClass[]): void {
  labels = new Map(classes.map(({ value, label }) => [value, label]));
}

/** What people call a class. */
export function labelOf(value: string | number): string {
  return labels.get(String(value)) ?? String(value);
}
