import { cleanup, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { field, fields } from '../../../tests/golden';
import FieldControl from './FieldControl.svelte';

function show(name: string, changes: Record<string, unknown> = {}) {
  const onchange = vi.fn();
  render(FieldControl, {
    field: field(name),
    value: '',
    error: '',
    was: '',
    onchange,
    onleave: vi.fn(),
    ...changes,
  });
  return { onchange, control: screen.getByLabelText<HTMLInputElement>(field(name).title) };
}

/** The text that a screen reader adds to a control's name. */
function description(control: HTMLElement): string {
  const ids = control.getAttribute('aria-describedby')?.split(' ') ?? [];
  return ids.map((id) => document.getElementById(id)?.textContent ?? `no ${id}`).join(' ');
}

// Lists of choices unfold in the page's main part.
beforeAll(() => {
  document.body.append(Object.assign(document.createElement('main'), { id: 'content' }));
});

describe('FieldControl', () => {
  it.each(fields.map((one) => one.name))('gives %s a control that its label names', (name) => {
    expect(show(name).control.id).toBe(`field-${name}`);
  });

  it('ties help, limits and error to the control', () => {
    const { control } = show('weight', { value: 'x', error: 'Give a number.' });
    expect(control.getAttribute('aria-invalid')).toBe('true');
    expect(description(control)).toBe('Give a number. Without the box. 0 to 100 kg');
  });

  it('finds help and limits of a column whose name has spaces', () => {
    const odd = field('weight', { name: 'weight of all' });
    const { control } = show('weight', { field: odd });
    expect(description(control)).toBe('Without the box. 0 to 100 kg');
  });

  it('offers to leave an optional choice unknown, and a needed one not', () => {
    show('fragile', { value: 'true' });
    show('depot', { value: 'N' });
    const names = screen.getAllByRole('option').map((one) => one.textContent?.trim());
    expect(names).toEqual(['Unknown', 'Yes', 'No', 'North (N)', 'South (S)']);
  });

  it('moves a number by the arrow keys', async () => {
    const { control, onchange } = show('weight', { value: '3' });
    control.focus();
    await userEvent.keyboard('{ArrowUp}');
    expect(onchange).toHaveBeenLastCalledWith('4');
  });

  it('takes a value that is not in an open list only where it is chosen', async () => {
    const { control, onchange } = show('carrier', { value: 'van' });
    await userEvent.clear(control);
    await userEvent.type(control, 'zeppelin');
    await userEvent.tab();
    expect(onchange).not.toHaveBeenCalled();
    expect(control.value).toBe('van');
    expect(screen.getByText(/“zeppelin” is not in the list, so nothing was changed/)).toBeTruthy();

    await userEvent.clear(control);
    await userEvent.type(control, 'zeppelin{Enter}');
    expect(onchange).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole('option', { name: /Use “zeppelin” anyway/ }));
    expect(onchange).toHaveBeenLastCalledWith('zeppelin');
  });

  it.each(['bicycle', 'BIKE', 'Two Wheels'])(
    'takes "%s" for the value that it names',
    async (text) => {
      const { control, onchange } = show('carrier', { value: 'van' });
      await userEvent.clear(control);
      await userEvent.type(control, text);
      await userEvent.tab();
      expect(onchange).toHaveBeenLastCalledWith('bike');
    },
  );

  it('goes back to its value with Escape', async () => {
    const { control, onchange } = show('carrier', { value: 'van' });
    await userEvent.type(control, 'zepp');
    await userEvent.keyboard('{Escape}');
    expect(control.value).toBe('van');
    await userEvent.tab();
    expect(onchange).not.toHaveBeenCalled();
  });

  it('says that the model does not know a value, and what may have been meant', async () => {
    const { onchange } = show('carrier', { value: 'bikr' });
    expect(screen.getByText(/Not in the list: the model does not know it/)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Did you mean bike?' }));
    expect(onchange).toHaveBeenLastCalledWith('bike');
  });

  it('says what may have been meant by a value of a link that a closed list does not have', async () => {
    const { onchange } = show('depot', { value: 'Nort' });
    expect(screen.getByText(/“Nort” is not in the list/)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Did you mean North (N)?' }));
    expect(onchange).toHaveBeenLastCalledWith('N');
  });

  it('searches a short closed list that has other words for its values', async () => {
    const options = field('depot').options.map((option) =>
      option.text === 'N' ? { ...option, synonyms: ['Harbour'] } : option,
    );
    const { control, onchange } = show('depot', { field: field('depot', { options }), value: 'S' });
    await userEvent.clear(control);
    await userEvent.type(control, 'harbour');
    await userEvent.tab();
    expect(onchange).toHaveBeenLastCalledWith('N');

    await userEvent.clear(control);
    await userEvent.type(control, 'Harbuor');
    await userEvent.tab();
    await userEvent.click(screen.getByRole('button', { name: 'Did you mean North (N)?' }));
    expect(onchange).toHaveBeenCalledTimes(2);
  });

  it('says where a value came from, and which one would fit', async () => {
    const lookup = { by: ['depot'], rows: [['N', 3]] };
    const pieces = field('pieces', { lookup });
    const more = { field: pieces, following: '3', sources: 'Depot' };
    const { control } = show('pieces', { ...more, value: '3' });
    expect(description(control)).toContain('Filled in from Depot.');
    cleanup();
    const { onchange } = show('pieces', { ...more, value: '4' });
    await userEvent.click(screen.getByRole('button', { name: 'Use it' }));
    expect(onchange).toHaveBeenLastCalledWith('3');
  });

  it('writes the number that it follows from as all numbers are', () => {
    const pieces = field('pieces', { lookup: { by: ['depot'], rows: [['N', 2454]] }, unit: 'mi' });
    const changes = { field: pieces, value: '3', following: '2454', sources: 'Depot' };
    expect(description(show('pieces', changes).control)).toContain('By Depot it is 2,454 mi.');
  });

  it('shows what was looked up in place of a number', () => {
    const { control } = show('weight', { filled: '12.5 (looked up)' });
    expect(control.placeholder).toBe('12.5 (looked up)');
  });

  it('says what a changed field was', () => {
    show('weight', { value: '3', was: '2.5' });
    expect(screen.getByText('was 2.5')).toBeTruthy();
  });
});
