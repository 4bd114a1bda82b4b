import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { unpackBytes } from './byte-packing.ts';
import type { ModulePayload } from './module-payload.ts';
import { moduleTypes } from './module-types.ts';
import { limitsOf } from './student-card.ts';
import { decodeText } from './text-codec.ts';
import { mostModuleBytes, writeModule } from './write-module.ts';

const payload: ModulePayload = {
  tenant: 'default',
  taskGiven: null,
  template: { messages: [{ role: 'user', parts: [{ kind: 'constant', text: 'Is </script><!-- spam?' }] }] },
  teacher: 'big-model',
  shape: { kind: 'label', form: { kind: 'plain' }, labels: [], unseenShare: 0 },
  structure: '',
  traits: [],
  slots: 1,
  card: {
    task: { id: 'task', name: 'mail\n"sort"\u2028import', tenant: 'default' },
    version: 'v',
    teacher: 'big-model',
    student: { id: 'abc', bytes: 3, trainedAt: '', training: {}, labels: [], encoder: null },
    certificate: null,
    threshold: null,
    limits: limitsOf({ certificate: null, threshold: null }),
    exportedAt: '',
    rightsize: '0.0.0',
  },
};
/** Gives back what it is handed. */
const echo = 'var rightsize = { openModule: (card, encoder) => ({ card, encoder }) };';

describe('the text of a module', () => {
  it('carries payload and student whatever they hold, and nothing in it ends a script element', async () => {
    const { code } = writeModule(payload, Uint8Array.of(1, 2, 255), echo);
    expect(code).not.toMatch(/<\/script|<!--/);
    const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(module.card).toEqual(payload);
    expect(unpackBytes(decodeText(module.encoder))).toEqual(Uint8Array.of(1, 2, 255));
  });

  it('says in its first lines whose it is, and that nothing is promised where nothing is', () => {
    const [first, second] = writeModule(payload, new Uint8Array(), echo).code.split('\n');
    expect(first).toBe('// The student of the task "mail\\n\\"sort\\" import": abc');
    expect(second).toContain('No certificate');
  });

  it('is refused where it would be larger than modules may be', () => {
    const random = seededRandom(1);
    const noise = Uint8Array.from({ length: 0.82 * mostModuleBytes }, () => random() * 256);
    expect(() => writeModule(payload, noise, echo)).toThrow(
      expect.objectContaining({ code: 'module_too_large' }) as Error,
    );
  });
});

describe('the declarations beside it', () => {
  it('are those of the code', () => {
    const folder = mkdtempSync(join(tmpdir(), 'types-'));
    const root = join(import.meta.dirname, '..', '..');
    const runtime = join(import.meta.dirname, 'module-runtime.ts');
    try {
      writeFileSync(join(folder, 'student.d.mts'), moduleTypes);
      writeFileSync(
        join(folder, 'use.mts'),
        `import * as declared from './student.mjs';
import type { StudentModule } from ${JSON.stringify(runtime)};
declare const real: StudentModule;
const card: declared.Card = real.card;
const reply: declared.Reply = real.answer(['text'], null);
const same: ReturnType<StudentModule['answerRequest']>['kind'] = declared.answerRequest({ model: 'm', messages: [] }).kind;
const members: Record<keyof StudentModule, unknown> = declared;
export { card, reply, same, members };
`,
      );
      const { stdout } = spawnSync(
        process.execPath,
        [
          join(root, 'node_modules/typescript/bin/tsc'),
          ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2023', '--module', 'nodenext'],
          ...[
            '--allowImportingTsExtensions',
            '--skipLibCheck',
            '--ignoreConfig',
            '--typeRoots',
            join(root, 'node_modules/@types'),
          ],
          ...['--types', 'node', join(folder, 'use.mts')],
        ],
        { encoding: 'utf8', cwd: root },
      );
      expect(stdout).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
