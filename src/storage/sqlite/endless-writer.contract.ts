import { call } from '../some-call.contract.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

/** Run as a process of its own: stores call after call in the folder given, and tells each on standard output. */
const [, , folder = '', prefix = 'c'] = process.argv;
const store = await openSqliteStore(folder);
for (let index = 0; ; index++) {
  const ids = Array.from(
    { length: 1 + (index % 7) },
    (_, place) => `${prefix}${index}${place === 0 ? '' : `.${place}`}`,
  );
  await store.calls.append(ids.map((id) => ({ call: call({ id }), route: null, match: null })));
  process.stdout.write(ids.map((id) => `${id}\n`).join(''));
  await new Promise((resolve) => setImmediate(resolve));
}
