import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '..', 'bench', 'check-assignments.mjs');
const folder = mkdtempSync(join(tmpdir(), 'check-assignments-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** One call, whose teacher closed a value in its JSON with a stop that the student left out, and a program that counted so many as different. */
function problemsFor(said: string, recorded: string, different: number): readonly string[] {
  const message = { role: 'assistant', content: JSON.stringify({ date: recorded }) };
  const call = { id: 'a', at: 2000, request: {}, response: { choices: [{ message, finish_reason: 'stop' }] } };
  const answer = JSON.stringify({ date: said });
  const assignment = { id: 'a', task: 't', certificate: 'c', answeredBy: 'student', answer, score: 0.9 };
  const figures = {
    calls: 1,
    teacherCalls: 0,
    avoidedShare: 1,
    agreement: { share: 1 - different },
    disagreementShare: different,
  };
  const served = { calls: 1, answered: 1, different };
  const certificate = { id: 'c', at: new Date(1000).toISOString(), until: null, threshold: 0.5, served };
  const task = { id: 't', name: 't', epsilon: 0.05, delta: 0.05, ...figures, certificates: [certificate], changes: [] };
  const files = [
    ['--log', write('log.jsonl', JSON.stringify(call))],
    ['--assignments', write('assignments.jsonl', JSON.stringify(assignment))],
    ['--replay', write('replay.json', JSON.stringify({ ...figures, tasks: [task] }))],
  ].flat();
  try {
    return JSON.parse(execFileSync(process.execPath, [script, ...files, '--json'], { encoding: 'utf8' })).problems;
  } catch (error) {
    return JSON.parse((error as { readonly stdout: string }).stdout).problems;
  }
}

describe('the script that recounts a replay', () => {
  it('allows for both readings of a string in JSON: a label, or a value that was copied to the letter', () => {
    expect(problemsFor('9th of Aug', '9th of Aug.', 0)).toEqual([]);
    expect(problemsFor('9th of Aug', '9th of Aug.', 1)).toEqual([]);
  });

  it('disputes what neither reading says', () => {
    expect(problemsFor('9th of Aug', '9th of Aug', 1)).not.toEqual([]);
    expect(problemsFor('9th of Aug', '8th of Aug', 0)).not.toEqual([]);
  });
});
