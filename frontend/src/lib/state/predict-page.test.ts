import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answer as explained } from '../../../tests/answers';
import { fields } from '../../../tests/golden';
import { api } from '$lib/api/client';
import type { Explanation } from '$lib/api/types';
import { DEBOUNCE_MS } from './whatif.svelte';
import { PredictPage } from './predict-page.svelte';

const answered = explained(0.2);
let answer: (value: Explanation) => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(api, 'explain').mockImplementation(
    () => new Promise((resolve) => void (answer = resolve)),
  );
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('PredictPage', () => {
  it('goes back to what was predicted, though the form changed before the answer came', async () => {
    const page = new PredictPage();
    page.form.adopt(fields);
    page.form.set('weight', '3');
    const predicted = page.predict();

    page.form.set('weight', '55');
    answer(answered);
    await predicted;
    page.change();
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
    answer(answered);
    await vi.advanceTimersByTimeAsync(0);
    expect(page.whatif.changes).toEqual([{ name: 'weight', from: 3, to: 55 }]);

    page.undo();
    expect(page.form.text('weight')).toBe('3');
    expect(location.hash).toContain('weight=3');
  });
});
