/** The kind of prediction that the model in service makes. */

import type { TargetClass } from '$lib/api/types';
import * as binary from './binary';
import { follow as followClasses } from './classes.svelte';
import * as multiclass from './multiclass';
import * as regression from './regression';
import type { Task } from './types';

const TASKS: Record<string, Task> = { binary, multiclass, regression };
const current = $state({ task: 'binary' });

/** Take the words and figures of the model in service, and its classes, if it has any. */
export function follow(name: string, classes: TargetClass[]): void {
  followClasses(classes);
  if (name in TASKS) current.task = name;
}

/** All words and figures that depend on the kind of prediction. */
export const task: Task = new Proxy({} as Task, {
  get: (_, key) => Reflect.get(TASKS[current.task] ?? binary, key) as unknown,
});
