import { RightsizeError } from '../errors.ts';
import type { Task } from '../records/task.ts';

/** The task that a person means by its name, its id, the beginning of its id, or `tenant/name`. */
export function resolveTask<Named extends Pick<Task, 'id' | 'name' | 'tenant'>>(
  tasks: readonly Named[],
  wanted: string,
): Named {
  const byName = tasks.filter(
    (task) => task.id === wanted || task.name === wanted || `${task.tenant}/${task.name}` === wanted,
  );
  const found = byName.length > 0 ? byName : tasks.filter((task) => wanted.length >= 6 && task.id.startsWith(wanted));
  const [task] = found;
  if (task !== undefined && found.length === 1) return task;
  if (task === undefined) throw new RightsizeError('task_not_found', `There is no task \`${wanted}\`.`);
  throw new RightsizeError(
    'task_not_found',
    `\`${wanted}\` may mean ${found.map((each) => `\`${each.tenant}/${each.name}\``).join(' or ')}.`,
    {
      remedy: 'Write the tenant in front, as above.',
    },
  );
}
