/** Bring the reader to a field of the form. */
export function focusField(name: string): void {
  const control = document.getElementById(`field-${name}`);
  control?.focus({ preventScroll: true });
  control?.closest('.field')?.scrollIntoView({ block: 'center' });
}
