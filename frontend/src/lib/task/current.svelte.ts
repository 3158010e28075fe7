/** The kind of prediction that the model in service makes. */

import * as binary from './binary';
import * as regression from './regression';
import type { Task } from './types';

const TASKS: Record<string, Task> = { binary, regression };
const current = $state({ task: 'binary' });

/** Take the words and figures of the model in service. */
export function follow(name: string): void {
  if (name in TASKS) current.task = name;
}

/** All words and figures that depend on the kind of prediction. */
export const task: Task = new Proxy({} as Task, {
  get: (_, key) => Reflect.get(TASKS[current.task] ?? binary, key) as unknown,
});
