// Compiles src/ into dist/, and bundles the code that exported modules carry.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { bundleRuntime } from './bundle-runtime.mjs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
writeFileSync('dist/export/module-runtime.txt', await bundleRuntime());
