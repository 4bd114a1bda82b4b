import { call } from '../some-call.contract.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

/** Run as a process of its own: stores call after call in the folder given, and tells each on standard output. */
const store = await openSqliteStore(process.argv[2] ?? '');
for (let index = 0; ; index++) {
  const id = `c${index}`;
  await store.calls.append([{ call: call({ id }), route: null, match: null }]);
  process.stdout.write(`${id}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
