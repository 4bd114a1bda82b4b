import { describe, expect, it } from 'vitest';
import { asRightsizeError, createOutput, type Sink } from './output.ts';
import { createProgress, describeDuration, progressLine } from './progress.ts';

function sink(isTTY = false): Sink & { text: string } {
  return {
    text: '',
    isTTY,
    columns: 60,
    write(text: string) {
      this.text += text;
    },
  };
}

describe('output', () => {
  it('gives people their words on standard output, and JSON there alone when it is asked for', () => {
    const [plain, stderr] = [sink(), sink()];
    const words = createOutput({ stdout: plain, stderr });
    words.say('hello');
    words.warn('careful');
    expect([plain.text, stderr.text]).toEqual(['hello\n', 'careful\n']);
    const [document, aside] = [sink(), sink()];
    const json = createOutput({ json: true, stdout: document, stderr: aside });
    json.say('hello');
    json.printJson({ calls: 1 });
    expect([JSON.parse(document.text), aside.text]).toEqual([{ calls: 1 }, 'hello\n']);
  });

  it('prints one document and no second one, and none that nobody asked for', () => {
    const output = createOutput({ json: true, stdout: sink(), stderr: sink() });
    output.printJson({});
    expect(() => output.printJson({})).toThrow('called twice');
    expect(() => createOutput({ stdout: sink() }).printJson({})).toThrow('needs --json');
  });

  it('colours what somebody looks at, unless NO_COLOR says otherwise', () => {
    const red = () => createOutput({ stdout: sink(true) }).colours.red('x');
    const before = { ...process.env };
    try {
      delete process.env.NO_COLOR;
      delete process.env.FORCE_COLOR;
      process.env.TERM = 'xterm';
      expect(red()).not.toBe('x');
      expect(createOutput({ stdout: sink() }).colours.red('x')).toBe('x');
      process.env.NO_COLOR = '1';
      expect(red()).toBe('x');
    } finally {
      process.env = before;
    }
  });

  it('asks nothing without a terminal: the answer is no, and yes with --yes', async () => {
    expect(await createOutput({ stdout: sink() }).confirm('Remove it?')).toBe(false);
    expect(await createOutput({ yes: true, stdout: sink() }).confirm('Remove it?')).toBe(true);
  });

  it('gives every failure a code: of the system where it is one, else `internal`', () => {
    const code = (error: unknown) => asRightsizeError(error).code;
    expect(code(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe('disk_full');
    expect(code(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('file_not_found');
    expect(code(new TypeError('x'))).toBe('internal');
    expect(code('x')).toBe('internal');
  });
});

describe('progress', () => {
  it('redraws one line on a terminal and wipes it in the end', () => {
    const screen = sink(true);
    let time = 0;
    const progress = createProgress({ label: 'reading', sink: screen, now: () => time });
    progress.update(1, 4);
    time = 50;
    progress.update(2, 4);
    time = 1_000;
    progress.update(2, 4);
    progress.end();
    progress.end();
    const drawn = screen.text.split('\r\u001b[2K').slice(1);
    expect(drawn).toEqual([
      expect.stringContaining('25%'),
      'reading  [##########----------]  50%  2 of 4  1 s left',
      '',
    ]);
  });

  it('cuts the line at the width of the terminal', () => {
    const screen = sink(true);
    createProgress({ label: 'a'.repeat(100), sink: screen, now: () => 0 }).update(1, 4);
    expect(screen.text).toBe(`\r\u001b[2K${'a'.repeat(59)}`);
  });

  it('says nothing for short work where nobody watches, and then a plain line now and then', () => {
    const file = sink();
    let time = 0;
    const progress = createProgress({ label: 'reading', sink: file, now: () => time });
    for (time = 0; time < 8_000; time += 500) progress.update(time, 16_000);
    progress.end();
    expect(file.text).toBe('reading  12%  2,000 of 16,000  14 s left\nreading  43%  7,000 of 16,000  9 s left\n');
  });

  it('counts where nobody knows the total', () => {
    const state = { label: 'reading', done: 1_234, note: 'calls', elapsedMs: 10, bar: true };
    expect(progressLine({ ...state, total: null })).toBe('reading  1,234  calls');
    expect(progressLine({ ...state, total: 0 })).toBe('reading  1,234 of 0  calls');
  });

  it('tells durations as people do', () => {
    expect([0, 59_400, 190_000, 7_500_000].map(describeDuration)).toEqual(['0 s', '59 s', '3 min 10 s', '2 h 5 min']);
  });
});
