import type { GoldAnswer, GoldSet, GoldStore } from '../gold-store.ts';

export class MemoryGoldStore implements GoldStore {
  readonly #answers = new Map<string, GoldAnswer>();
  readonly #sets = new Map<string, GoldSet[]>();

  async put(answers: readonly GoldAnswer[]): Promise<void> {
    for (const answer of answers) this.#answers.set(answer.callId, answer);
  }

  async list(task: string): Promise<readonly GoldAnswer[]> {
    return [...this.#answers.values()].filter((answer) => answer.task === task);
  }

  async remove(callId: string): Promise<boolean> {
    return this.#answers.delete(callId);
  }

  async erase(callIds: readonly string[]): Promise<number> {
    const unwanted = new Set(callIds);
    const found = new Set<string>();
    for (const id of unwanted) if (this.#answers.delete(id)) found.add(id);
    for (const [task, sets] of this.#sets) {
      for (const { answers } of sets) for (const { callId } of answers) if (unwanted.has(callId)) found.add(callId);
      const left = sets.map((set) => ({ ...set, answers: set.answers.filter(({ callId }) => !unwanted.has(callId)) }));
      this.#sets.set(task, left);
    }
    return found.size;
  }

  async freeze(task: string, frozenAt: number): Promise<GoldSet> {
    const sets = this.#sets.get(task) ?? [];
    const set = { task, version: sets.length + 1, frozenAt, answers: await this.list(task) };
    this.#sets.set(task, [...sets, set]);
    return set;
  }

  async sets(task: string): Promise<readonly GoldSet[]> {
    return this.#sets.get(task) ?? [];
  }

  removeTask(task: string): void {
    this.#sets.delete(task);
    for (const answer of [...this.#answers.values()]) if (answer.task === task) this.#answers.delete(answer.callId);
  }
}
