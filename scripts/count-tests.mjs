// Usage: node scripts/count-tests.mjs RESULTS FAILED_CHECKS
// Prints "N passed, N failed" from vitest's JSON report and exits with 1 unless everything passed.
import { readFileSync } from 'node:fs';

const [resultsPath, failedChecks] = process.argv.slice(2);
const tests = readResults(resultsPath);
const failed = tests.failed + Number(failedChecks);
console.log(`${tests.passed} passed, ${failed} failed`);
process.exit(failed === 0 && tests.passed > 0 ? 0 : 1);

/** A missing report means that the tests never ran. That is already counted as a failed check. */
function readResults(path) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    // A file that cannot be loaded fails its suite without failing any test.
    const brokenFiles = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
    ).length;
    return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
