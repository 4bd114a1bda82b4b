import { copyStore } from '../copy-store.ts';
import { openSqliteStore } from '../sqlite/open-sqlite-store.ts';
import type { Store } from '../store.ts';
import { MemoryCallStore } from './memory-call-store.ts';
import { MemoryCertificateStore } from './memory-certificate-store.ts';
import { MemoryGoldStore } from './memory-gold-store.ts';
import { MemoryKeyStore } from './memory-key-store.ts';
import { MemorySpendStore } from './memory-spend-store.ts';
import { MemoryStateStore } from './memory-state-store.ts';
import { MemoryStudentStore } from './memory-student-store.ts';
import { MemoryTaskStore } from './memory-task-store.ts';

/** A store that is gone when its owner is: for replays and tests. */
export function openMemoryStore(): Store {
  const students = new MemoryStudentStore();
  const certificates = new MemoryCertificateStore();
  const gold = new MemoryGoldStore();
  const tasks = new MemoryTaskStore((task) => {
    students.removeTask(task);
    certificates.removeTask(task);
    gold.removeTask(task);
  });
  const store: Store = {
    calls: new MemoryCallStore(),
    tasks,
    students,
    certificates,
    gold,
    state: new MemoryStateStore(),
    keys: new MemoryKeyStore(),
    spending: new MemorySpendStore(),
    erasing: (work) => work(),
    async backup(file, signal) {
      const copy = await openSqliteStore(':memory:');
      try {
        await copyStore(store, copy);
        await copy.backup(file, signal);
      } finally {
        await copy.close();
      }
    },
    close: () => Promise.resolve(),
  };
  return store;
}
