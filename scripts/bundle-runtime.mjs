import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The code of an exported module: src/export/module-runtime.ts and all it imports, as one script that sets `rightsize`. */
export async function bundleRuntime() {
  const { outputFiles } = await build({
    entryPoints: ['src/export/module-runtime.ts'],
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'rightsize',
    // Nothing of Node or of the browser may be imported: then this fails.
    platform: 'neutral',
    target: 'es2022',
    legalComments: 'none',
    // Names stay, so that the code can still be read.
    minifyWhitespace: true,
    minifySyntax: true,
  });
  return outputFiles[0].text;
}
