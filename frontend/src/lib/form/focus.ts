/** The id of a column's control: no spaces, which would end it where ids are listed. */
export function fieldId(name: string): string {
  return `field-${encodeURIComponent(name)}`;
}

/** Bring the reader to a field of the form. */
export function focusField(name: string): void {
  const control = document.getElementById(fieldId(name));
  control?.focus({ preventScroll: true });
  control?.closest('.field')?.scrollIntoView({ block: 'center' });
}
