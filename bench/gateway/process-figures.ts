import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** CPU time of a process and its children since they began, in microseconds. Linux. */
export function cpuMicroseconds(pid: number): number {
  return withChildren(pid).reduce((sum, each) => sum + (ticksOf(each) / ticksPerSecond) * 1e6, 0);
}

/** Resident memory of a process and its children, in megabytes. Linux. */
export function residentMegabytes(pid: number): number {
  const kilobytes = (each: number) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0);
  return withChildren(pid).reduce((sum, each) => sum + kilobytes(each) / 1024, 0);
}

function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function withChildren(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(withChildren)];
}
