import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answer } from '../../../tests/answers';
import { Problem } from '$lib/api/problem';
import type { Explanation, Row } from '$lib/api/types';
import { DEBOUNCE_MS, WhatIf, differences } from './whatif.svelte';

/** A service that answers when it is told to. */
class SlowService {
  readonly asked: { row: Row; signal: AbortSignal; answer: (value: Explanation) => void }[] = [];
  readonly ask = (row: Row, signal: AbortSignal): Promise<Explanation> =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')));
      this.asked.push({ row, signal, answer: resolve });
    });
}

const never = (error: unknown): void => {
  throw error;
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('WhatIf', () => {
  it('shows the prediction beside the one before the change, and what changed', async () => {
    const whatif = new WhatIf((row) => Promise.resolve(answer(Number(row['x']) / 10)));
    await whatif.predict({ x: 3, y: 'a' });
    whatif.change(() => ({ x: 5, y: 'a' }), never);
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
    expect(whatif.changes).toEqual([{ name: 'x', from: 3, to: 5 }]);
    expect(whatif.difference).toBeCloseTo(0.2);
    expect(whatif.first?.answer).toMatchObject({ probability: 0.3 });
  });

  it('asks once for changes that follow each other quickly', async () => {
    const service = new SlowService();
    const whatif = new WhatIf(service.ask);
    const first = whatif.predict({ x: 1 });
    service.asked[0]?.answer(answer(0.1));
    await first;
    for (const x of [2, 3, 4]) whatif.change(() => ({ x }), never);
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
    expect(service.asked.map((one) => one.row)).toEqual([{ x: 1 }, { x: 4 }]);
  });

  it('gives up a request that a newer one has overtaken, and keeps the newer answer', async () => {
    const service = new SlowService();
    const whatif = new WhatIf(service.ask);
    const old = whatif.predict({ x: 1 });
    const fresh = whatif.predict({ x: 2 });
    service.asked[1]?.answer(answer(0.2));
    service.asked[0]?.answer(answer(0.1));
    await Promise.all([old, fresh]);
    expect(service.asked[0]?.signal.aborted).toBe(true);
    expect(whatif.now?.row).toEqual({ x: 2 });
    expect(whatif.busy).toBe(false);
  });

  it('is stale from the first change until the answer to the last one', async () => {
    const whatif = new WhatIf((row) => Promise.resolve(answer(Number(row['x']) / 10)));
    await whatif.predict({ x: 1 });
    expect(whatif.stale).toBe(false);
    whatif.change(() => null, never);
    expect(whatif.stale).toBe(true);
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
    expect(whatif.stale).toBe(true);
    whatif.change(() => ({ x: 2 }), never);
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
    expect(whatif.stale).toBe(false);
  });

  it('takes a change while the first prediction is still to come', async () => {
    const service = new SlowService();
    const whatif = new WhatIf(service.ask);
    const first = whatif.predict({ x: 1 });
    whatif.change(() => ({ x: 2 }), never);
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
    service.asked[1]?.answer(answer(0.2));
    await first;
    await vi.advanceTimersByTimeAsync(0);
    expect(whatif.now?.row).toEqual({ x: 2 });
    expect(whatif.changes).toEqual([]);
  });

  it('does nothing on changes before the first prediction', async () => {
    const ask = vi.fn();
    new WhatIf(ask).change(() => ({ x: 1 }), never);
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
    expect(ask).not.toHaveBeenCalled();
  });

  it.each([
    [422, false],
    [500, true],
  ])('leaves a %d to the form or shows it', async (status, shown) => {
    const whatif = new WhatIf(() => Promise.reject(new Problem(status)));
    await expect(whatif.predict({ x: 1 })).rejects.toThrow();
    expect(whatif.error !== null).toBe(shown);
  });
});

describe('differences', () => {
  it('takes a missing column for an unknown value', () => {
    expect(differences({ a: 1, b: null }, { a: 1, c: 2 })).toEqual([
      { name: 'c', from: null, to: 2 },
    ]);
  });
});
