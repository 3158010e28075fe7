/** What the model in service predicts, in the contract's own words. */

import type { Target } from '$lib/api/types';

let target = $state.raw<Pick<Target, 'title' | 'unit' | 'chance_of' | 'classes'>>({
  title: '',
  unit: null,
  chance_of: null,
  classes: [],
});

/** Take the words of the model in service. */
export function follow(served: typeof target): void {
  target = served;
}

/** What people call a class. */
export function labelOf(value: string | number): string {
  return target.classes.find((one) => one.value === String(value))?.label ?? String(value);
}

/** The unit of a target that is a number. */
export function unitOf(): string {
  return target.unit ?? '';
}

/** Yes or no in the contract's own words. */
export function truthOf(value: boolean): string {
  return ownTruth(value) ?? (value ? 'yes' : 'no');
}

/** What a probability is the chance of, such as `chance of being late`. */
export function chanceOf(): string {
  if (target.chance_of) return `chance of ${target.chance_of}`;
  const own = ownTruth(true);
  if (own) return `chance of “${own}”`;
  return target.title ? `chance of “${target.title}: yes”` : 'chance of yes';
}

function ownTruth(value: boolean): string | undefined {
  const word = value ? 'true' : 'false';
  const label = target.classes.find((one) => one.value.toLowerCase() === word)?.label;
  return label && label.toLowerCase() !== word ? label : undefined;
}
