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
