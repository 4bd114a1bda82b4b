import { findTasks } from './find-tasks.ts';
import { describeFindingTasks } from './finding-tasks.contract.ts';

describeFindingTasks('a whole log', async (calls) => {
  const { tasks, assignments } = await findTasks(() => calls);
  return { tasks, placed: new Map([...assignments].map(([id, match]) => [id, match.task])) };
});
