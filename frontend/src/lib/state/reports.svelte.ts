/** The weekly reports: the list, and the one that is open. */

import { api } from '$lib/api/client';
import { asError } from '$lib/api/problem';
import type { Report, ReportLine, WeekScore } from '$lib/api/types';
import { service } from './service.svelte';

export class Reports {
  #list = $state.raw<ReportLine[] | null>(null);
  #loaded = $state.raw<Record<string, Report>>({});
  #error = $state.raw<Error | null>(null);

  /** Newest first; nothing until it has been loaded. */
  get list(): ReportLine[] | null {
    return this.#list;
  }

  get error(): Error | null {
    return this.#error;
  }

  report(asOf: string): Report | undefined {
    return this.#loaded[asOf];
  }

  /** Past weeks, as the newest report knows them. */
  readonly weeks: WeekScore[] = $derived(
    this.#loaded[this.#list?.[0]?.as_of ?? '']?.figures?.performance?.weeks ?? [],
  );

  /** Load the list, its newest report, and the one asked for. */
  async load(asOf: string | null): Promise<void> {
    this.#error = null;
    try {
      this.#list = await api.reports();
      const newest = this.#list[0]?.as_of;
      await Promise.all([newest, asOf].map((week) => week && this.#loadReport(week)));
    } catch (error) {
      this.#error = asError(error);
      service.heed(error);
    }
  }

  async open(asOf: string): Promise<void> {
    try {
      await this.#loadReport(asOf);
    } catch (error) {
      this.#error = asError(error);
    }
  }

  async #loadReport(asOf: string): Promise<void> {
    if (this.#loaded[asOf]) return;
    const report = await api.report(asOf);
    this.#loaded = { ...this.#loaded, [asOf]: report };
  }
}
