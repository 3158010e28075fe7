/** The kind of prediction that the model in service makes. */

import * as binary from './binary';
import { follow as followTarget } from './target.svelte';
import * as multiclass from './multiclass';
import * as regression from './regression';
import type { Task } from './types';

const TASKS: Record<string, Task> = { binary, multiclass, regression };
const current = $state({ task: 'binary' });

/** Take the words and figures of the model in service, and of its target. */
export function follow(name: string, target: Parameters<typeof followTarget>[0]): void {
  followTarget(target);
  if (name in TASKS) current.task = name;
}

/** All words and figures that depend on the kind of prediction. */
export const task: Task = new Proxy({} as Task, {
  get: (_, key) => Reflect.get(TASKS[current.task] ?? binary, key) as unknown,
});
