import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawImports, findCycle, forbiddenImports, importsIn, readArrows, roomOf } from './draw-imports.ts';

const root = join(import.meta.dirname, '..', 'src');
const imports = drawImports(root);
const arrows = readArrows(readFileSync(join(import.meta.dirname, '..', 'docs', 'architecture.md'), 'utf8'));

describe('the rooms', () => {
  it('import only where docs/architecture.md draws an arrow', () => {
    expect(imports.length).toBeGreaterThan(5);
    expect(forbiddenImports(imports, arrows)).toEqual([]);
  });

  it('have no import cycle at run time', () => {
    expect(findCycle(imports)).toBeNull();
  });

  it('all stand on the page, and everything they import exists', () => {
    const rooms = readdirSync(root)
      .filter((name) => !name.endsWith('.test.ts'))
      .map(roomOf);
    expect(rooms.filter((room) => !arrows.has(room))).toEqual([]);
    expect(imports.filter(({ to }) => !existsSync(join(root, to)))).toEqual([]);
  });

  it('form no circle among themselves', () => {
    const edges = [...arrows].flatMap(([from, targets]) => [...targets].map((to) => ({ from, to, atRunTime: true })));
    expect(findCycle(edges)).toBeNull();
  });
});

describe('the drawing itself', () => {
  it('sees static, re-exported, side-effect, type and lazy imports, and no comments', () => {
    const source = `
      import { a,
        b } from './a.ts';
      import type { C } from '../records/c.ts';
      export { d } from '../d/d.ts';
      export type { E } from './e.ts';
      import './f.ts';
      // import { x } from './x.ts';
      /* import { y } from './y.ts'; */
      const g = await import('../g/g.ts');
      import fs from 'node:fs';
    `;
    expect(importsIn('room/file.ts', source).map(({ to, atRunTime }) => `${to} ${atRunTime}`)).toEqual([
      'room/a.ts true',
      'records/c.ts false',
      'd/d.ts true',
      'room/e.ts false',
      'room/f.ts true',
      'g/g.ts true',
    ]);
  });

  it('reports an import against the arrows and lets one along them pass', () => {
    const drawn = readArrows('```arrows\nrecords →\nlearn → records\n```');
    const along = { from: 'learn/fit.ts', to: 'records/example.ts', atRunTime: true };
    const against = { from: 'records/example.ts', to: 'learn/fit.ts', atRunTime: false };
    expect(forbiddenImports([along, against], drawn)).toEqual(['records/example.ts → learn/fit.ts']);
  });

  it('finds a cycle of run-time imports and ignores one that types close', () => {
    const forth = { from: 'a.ts', to: 'b.ts', atRunTime: true };
    expect(findCycle([forth, { from: 'b.ts', to: 'a.ts', atRunTime: true }])).toEqual(['a.ts', 'b.ts', 'a.ts']);
    expect(findCycle([forth, { from: 'b.ts', to: 'a.ts', atRunTime: false }])).toBeNull();
  });
});
