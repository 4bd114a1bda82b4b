import { describeFindingTasks } from './finding-tasks.contract.ts';
import { TaskFinder } from './task-finder.ts';

describeFindingTasks('a stream of calls', (calls) => {
  const finder = new TaskFinder();
  const placed = new Map<string, string>();
  for (const call of calls) {
    const match = finder.observe(call);
    if (match !== null) placed.set(call.id, match.task);
    if (finder.isMiningDue) for (const [id, found] of finder.mine().assignments) placed.set(id, found.task);
  }
  return { tasks: finder.tasks(), placed };
});
