import { describeCallStore } from '../call-store.contract.ts';
import { describeStore } from '../store.contract.ts';
import { openMemoryStore } from './open-memory-store.ts';

describeCallStore('memory', async () => openMemoryStore());
describeStore('memory', async () => openMemoryStore());
