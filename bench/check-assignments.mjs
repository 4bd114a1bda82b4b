// Recomputes the figures of `replay --json` from the call log and `replay --assignments`, sharing no code with the program.
//
//   node bench/check-assignments.mjs --log calls.jsonl --assignments assignments.jsonl
//        [--replay replay.json] [--truth truth.jsonl] [--epsilon 0.02] [--delta 0.05] [--strict] [--json]
//
// Prints what it found, then every figure of the program that differs. Exit status 1 where one does, or where an
// answer by a student has no certificate behind it. Answers are compared canonically: JSON parsed with its keys
// sorted, other text without case, surrounding quotes, closing punctuation or runs of white space; tool calls by
// name and arguments. Where the assignments name the certificate in force for a call, that is used (and held against
// its dates); else the dates are. --strict leaves strings inside JSON as they are. Whether such a string is a label, whose case
// and closing stop mean nothing, or a copied value, whose stop does, the answers alone do not say: what the program counts as
// different must lie between both readings.
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';

const { values: flags } = parseArgs({
  options: {
    log: { type: 'string' },
    assignments: { type: 'string' },
    replay: { type: 'string' },
    truth: { type: 'string' },
    epsilon: { type: 'string', default: '0.02' },
    delta: { type: 'string', default: '0.05' },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (!flags.log || !flags.assignments) {
  console.error('usage: check-assignments.mjs --log FILE --assignments FILE [--replay FILE] [--truth FILE]');
  process.exit(2);
}

for (const file of [flags.log, flags.assignments, flags.replay, flags.truth])
  if (file !== undefined && !existsSync(file)) {
    console.error(`${file}: no such file`);
    process.exit(2);
  }

const ENDS_CERTIFICATE = /changed|alarm|new-label|suspend|shadow|demot|revoked|off/;

async function* jsonLines(path) {
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    try {
      yield JSON.parse(line);
    } catch {
      yield undefined;
    }
  }
}

// ---- answers -------------------------------------------------------------------------------------------------

function fold(text) {
  const folded = text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
  const bare = folded
    .replace(/^["'`*“”‘’]+/, '')
    .replace(/["'`*“”‘’.,!;:]+$/, '')
    .trim();
  return bare === '' ? folded : bare;
}

function sortKeys(value, isStrict = flags.strict) {
  if (Array.isArray(value)) return value.map((item) => sortKeys(item, isStrict));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, sortKeys(value[key], isStrict)]),
    );
  return typeof value === 'string' && !isStrict ? fold(value) : value;
}

function parsedObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

function canonicalText(text, isStrict) {
  const value = parsedObject(text);
  return value === undefined ? `text ${fold(text)}` : `json ${JSON.stringify(sortKeys(value, isStrict))}`;
}

function canonicalCalls(calls, isStrict) {
  const parts = calls.map((call) => {
    const made = call.function ?? call;
    const given = typeof made.arguments === 'string' ? made.arguments : JSON.stringify(made.arguments ?? {});
    return `${made.name} ${canonicalText(given, isStrict)}`;
  });
  return `calls ${parts.join('\n')}`;
}

/** What an application gets: text or a list of tool calls. */
function canonicalAnswer(answer, isStrict = flags.strict) {
  if (typeof answer === 'string') return canonicalText(answer, isStrict);
  if (Array.isArray(answer)) return canonicalCalls(answer, isStrict);
  if (answer !== null && typeof answer === 'object') {
    if (Array.isArray(answer.calls ?? answer.tool_calls))
      return canonicalCalls(answer.calls ?? answer.tool_calls, isStrict);
    if (typeof answer.text === 'string') return canonicalText(answer.text, isStrict);
    return `json ${JSON.stringify(sortKeys(answer, isStrict))}`;
  }
  return null;
}

/** { raw, canonical } of the recorded answer; canonical is null where nothing agrees with it, failed where there was none. */
function recordedAnswer(call) {
  const status = call.status ?? 200;
  const choices = call.response?.choices;
  if (status < 200 || status > 299 || call.response?.error || !Array.isArray(choices) || !choices[0]?.message)
    return { failed: true, raw: null, canonical: null };
  const [{ message, finish_reason: finish }] = choices;
  const raw = message.tool_calls?.length > 0 ? message.tool_calls : message.content;
  const spoiled = finish === 'length' || finish === 'content_filter' || typeof message.refusal === 'string';
  return { failed: false, raw, canonical: spoiled || choices.length > 1 ? null : canonicalAnswer(raw) };
}

// ---- gold ----------------------------------------------------------------------------------------------------

/** Whether an answer says what gold says; null where the two cannot be compared. `frame` is the constant text around the answer. */
function saysGold(answer, gold, frame) {
  if (typeof answer !== 'string') return null;
  const object = parsedObject(answer);
  if (Array.isArray(gold)) {
    const said = Array.isArray(object) ? object : object === undefined ? answer.split(/[,;\n]/) : null;
    if (said === null) return null;
    return setOf(said) === setOf(gold);
  }
  if (gold !== null && typeof gold === 'object') {
    if (object === undefined) return null;
    return JSON.stringify(sortKeys(withoutNulls(object))) === JSON.stringify(sortKeys(withoutNulls(gold)));
  }
  if (object !== undefined) {
    const fields = Object.values(object);
    return fields.length === 1 && typeof fields[0] !== 'object' ? fold(String(fields[0])) === fold(String(gold)) : null;
  }
  return fold(unframed(answer, frame)) === fold(String(gold));
}

function setOf(items) {
  return JSON.stringify([...new Set(items.map((item) => fold(String(item))).filter((item) => item !== ''))].sort());
}

function withoutNulls(value) {
  return Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

/** Words that nearly every answer of a task begins and ends with. */
function frameOf(answers) {
  const texts = answers.filter((answer) => typeof answer === 'string' && parsedObject(answer) === undefined);
  if (texts.length < 20) return { before: '', after: '' };
  const words = texts.map((text) => text.trim().split(/(?<=\s)/));
  const isConstant = (at) => {
    const word = words[0].at(at)?.trim();
    return word !== undefined && words.every((list) => list.length > Math.abs(at) && list.at(at)?.trim() === word);
  };
  let first = 0;
  while (isConstant(first)) first++;
  let last = 0;
  while (isConstant(-1 - last)) last++;
  const [sample] = words;
  return { before: sample.slice(0, first).join(''), after: sample.slice(sample.length - last).join('') };
}

function plain(text) {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
}

function unframed(answer, { before, after }) {
  let text = plain(answer);
  if (before !== '' && text.startsWith(plain(before))) text = text.slice(plain(before).length);
  if (after !== '' && text.endsWith(plain(after))) text = text.slice(0, text.length - plain(after).length);
  return text;
}

// ---- exact binomial --------------------------------------------------------------------------------------------

/** P(X >= k), X binomial(n, p): a plain sum in which each term follows from the one before. */
function tailFrom(k, n, p) {
  if (k <= 0) return 1;
  if (p <= 0) return 0;
  let log = 0;
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  let term = Math.exp(log + k * Math.log(p) + (n - k) * Math.log1p(-p));
  let sum = 0;
  for (let i = k; i <= n && (i < n * p || term > sum * 1e-17); i++) {
    sum += term;
    term *= (((n - i) / (i + 1)) * p) / (1 - p);
  }
  return Math.min(1, sum);
}

/** Smallest share with which k or more of n have a chance of delta (Clopper and Pearson). */
function lowerBound(k, n, delta) {
  if (k === 0 || n === 0) return 0;
  let low = 0;
  let high = k / n;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (tailFrom(k, n, middle) < delta) low = middle;
    else high = middle;
  }
  return low;
}

// ---- reading ---------------------------------------------------------------------------------------------------

const assignments = [];
const byId = new Map();
for await (const line of jsonLines(flags.assignments)) {
  if (line === undefined) continue;
  assignments.push(line);
  byId.set(line.id, line);
}
const truth = new Map();
if (flags.truth)
  for await (const line of jsonLines(flags.truth)) if (line?.gold !== undefined) truth.set(line.id, line.gold);
const replay = flags.replay ? JSON.parse(readFileSync(flags.replay, 'utf8')) : undefined;

const rows = [];
const problems = [];
/** Problems of single calls, by what is wrong, so that a systematic one is one line. */
const ofCalls = new Map();
function callProblem(id, what) {
  if (!ofCalls.has(what)) ofCalls.set(what, []);
  ofCalls.get(what).push(id);
}
let unassigned = 0;
let position = 0;
for await (const call of jsonLines(flags.log)) {
  if (call?.request === undefined || call.response === undefined) continue;
  const assignment = call.id === undefined ? assignments[position] : byId.get(call.id);
  position++;
  if (assignment === undefined) {
    unassigned++;
    continue;
  }
  const recorded = recordedAnswer(call);
  const avoided = assignment.answeredBy !== 'teacher';
  const given = avoided ? canonicalAnswer(assignment.answer) : recorded.canonical;
  if (!avoided && recorded.canonical !== null && assignment.answer !== undefined)
    if (canonicalAnswer(assignment.answer) !== recorded.canonical)
      callProblem(assignment.id, "the teacher's answer in the assignments is not the recorded one");
  rows.push({
    id: assignment.id,
    at: call.at === undefined ? position : typeof call.at === 'number' ? call.at : Date.parse(call.at),
    task: assignment.task ?? null,
    certificate: assignment.certificate,
    score: assignment.score ?? null,
    avoided,
    failed: recorded.failed,
    // A call that the teacher answered counts as equal. So does one that failed: it is no call of the task.
    different: avoided && !recorded.failed && (recorded.canonical === null || given !== recorded.canonical),
    differentToTheLetter:
      avoided &&
      !recorded.failed &&
      (recorded.canonical === null || canonicalAnswer(assignment.answer, true) !== canonicalAnswer(recorded.raw, true)),
    givenText: avoided ? assignment.answer : recorded.raw,
    teacherText: recorded.raw,
    gold: call.gold ?? truth.get(call.id),
    goldInLog: call.gold !== undefined,
  });
}
if (unassigned > 0) problems.push(`${unassigned} calls of the log have no assignment`);
if (byId.size < assignments.length) problems.push(`${assignments.length - byId.size} assignments repeat an id`);

// ---- figures ---------------------------------------------------------------------------------------------------

function figures(calls) {
  const teacherCalls = calls.filter(({ avoided }) => !avoided).length;
  const different = calls.filter((row) => row.different).length;
  const atMost = calls.filter((row) => row.different || row.differentToTheLetter).length;
  return {
    calls: calls.length,
    teacherCalls,
    avoidedShare: share(calls.length - teacherCalls, calls.length),
    agreementShare: share(calls.length - different, calls.length),
    different,
    leastAgreementShare: share(calls.length - atMost, calls.length),
  };
}

function share(part, whole) {
  return whole === 0 ? null : part / whole;
}

function accuracy(calls) {
  const frame = frameOf(calls.map(({ teacherText }) => teacherText));
  let given = 0;
  let teacher = 0;
  let goldCalls = 0;
  for (const row of calls) {
    if (row.gold === undefined || row.gold === null || row.failed) continue;
    const byTeacher = saysGold(row.teacherText, row.gold, frame);
    const byGiven = saysGold(row.givenText, row.gold, frame);
    if (byTeacher === null || byGiven === null) continue;
    goldCalls++;
    if (byTeacher) teacher++;
    if (byGiven) given++;
  }
  return { given, teacher, goldCalls };
}

function asShares({ given, teacher, goldCalls }) {
  return goldCalls === 0 ? null : { given: given / goldCalls, teacher: teacher / goldCalls, goldCalls };
}

const byTask = new Map();
for (const row of rows) {
  if (!byTask.has(row.task)) byTask.set(row.task, []);
  byTask.get(row.task).push(row);
}

/** Calls that came while each certificate was in force, and what became of them. */
function served(task, calls, { epsilon, delta }) {
  const certificates = [...(task.certificates ?? [])].sort((left, right) => Date.parse(left.at) - Date.parse(right.at));
  const ends = (task.changes ?? [])
    .filter(({ what }) => ENDS_CERTIFICATE.test(what))
    .map(({ at, what }) => Date.parse(at) - (what.includes('changed') ? 1 : 0));
  const hasIds = certificates.every(({ id }) => id !== undefined) && calls.some((row) => row.certificate != null);
  return certificates.map((certificate, index) => {
    const from = Date.parse(certificate.at);
    const until = certificate.until
      ? Date.parse(certificate.until)
      : Math.min(...[certificates[index + 1]?.at].filter(Boolean).map(Date.parse), ...ends.filter((end) => end > from));
    // The call whose answer completed a certificate came before it; the one that ended it came while it stood.
    const isWithin = ({ at }) => at >= from && at <= until;
    const inForce = calls.filter((row) => {
      if (row.failed) return false;
      return hasIds ? row.certificate === certificate.id : isWithin(row) && row.at > from;
    });
    for (const row of inForce)
      if (!isWithin(row)) callProblem(row.id, 'came outside the time in which their certificate was in force');
    const answered = inForce.filter(({ avoided }) => avoided);
    const different = answered.filter((row) => row.different).length;
    for (const row of answered)
      if (row.score !== null && row.score < certificate.threshold - 1e-9)
        callProblem(row.id, `answered with a score below the threshold ${certificate.threshold}`);
    const differentAtMost = answered.filter((row) => row.different || row.differentToTheLetter).length;
    const low = lowerBound(different, inForce.length, delta);
    return {
      certificate,
      ids: answered.map(({ id }) => id),
      calls: inForce.length,
      answered: answered.length,
      different,
      differentAtMost,
      low,
      broken: low > epsilon,
    };
  });
}

function compare(where, program, ours, tolerance = 1e-6) {
  if (program === undefined) return;
  const same =
    program === ours ||
    (typeof program === 'number' && typeof ours === 'number' && Math.abs(program - ours) <= tolerance);
  if (!same) problems.push(`${where}: the program says ${program}, the assignments say ${ours}`);
}

const total = { ...figures(rows), accuracy: asShares(sumAccuracy()) };
function sumAccuracy() {
  const sum = { given: 0, teacher: 0, goldCalls: 0 };
  for (const calls of byTask.values()) for (const [key, value] of Object.entries(accuracy(calls))) sum[key] += value;
  return sum;
}

if (replay) {
  compareFigures('total', replay, total);
  if (rows.every(({ gold, goldInLog }) => gold === undefined || goldInLog))
    compareAccuracy('total', replay.accuracy, total.accuracy);
}
function compareFigures(where, program, ours) {
  compare(`${where} calls`, program.calls, ours.calls);
  compare(`${where} teacherCalls`, program.teacherCalls, ours.teacherCalls);
  compare(`${where} avoidedShare`, program.avoidedShare, ours.avoidedShare, 1e-4);
  const { leastAgreementShare: least, agreementShare: most } = ours;
  compareBetween(`${where} agreement`, program.agreement?.share, [least, most]);
  compareBetween(`${where} disagreementShare`, program.disagreementShare, [1 - most, 1 - least]);
}
/** Both readings of strings inside JSON are allowed for. */
function compareBetween(where, program, [least, most], tolerance = 1e-4) {
  if (program >= least - tolerance && program <= most + tolerance) return;
  compare(where, program, least === most ? least : `between ${least} and ${most}`);
}
function compareAccuracy(where, program, ours) {
  if (!program || !ours) return;
  compare(`${where} goldCalls`, program.goldCalls, ours.goldCalls);
  compare(`${where} accuracy given`, program.given, ours.given, 1e-4);
  compare(`${where} accuracy teacher`, program.teacher, ours.teacher, 1e-4);
}

const tasks = [];
let certified = 0;
let broken = 0;
const backed = new Set();
const programTasks = new Map((replay?.tasks ?? []).map((task) => [task.id, task]));
const namedTasks = new Map((replay?.tasks ?? []).map((task) => [task.name, task]));
for (const [id, all] of byTask) {
  if (id === null) continue;
  // A request that failed is no call of the task, unless a student would have answered it all the same.
  const calls = all.filter(({ failed, avoided }) => !failed || avoided);
  const program = programTasks.get(id) ?? namedTasks.get(id);
  const promise = { epsilon: program?.epsilon ?? Number(flags.epsilon), delta: program?.delta ?? Number(flags.delta) };
  const ours = { ...figures(calls), accuracy: asShares(accuracy(calls)) };
  const name = program?.name ?? id;
  const certificates = program ? served(program, calls, promise) : [];
  if (program) {
    compareFigures(`task ${name}`, program, ours);
    if (calls.some(({ goldInLog }) => goldInLog)) compareAccuracy(`task ${name}`, program.accuracy, ours.accuracy);
  }
  for (const [index, one] of certificates.entries()) {
    const { served: counts } = one.certificate;
    for (const key of ['calls', 'answered'])
      compare(`task ${name}, certificate ${index + 1}, served.${key}`, counts?.[key], one[key]);
    if (counts !== undefined)
      compareBetween(`task ${name}, certificate ${index + 1}, served.different`, counts.different, [
        one.different,
        one.differentAtMost,
      ]);
    for (const answeredId of one.ids) backed.add(answeredId);
    certified++;
    if (one.broken) broken++;
  }
  tasks.push({
    id,
    name,
    ...promise,
    ...ours,
    certificates: certificates.map(({ certificate, ids: _ids, ...counts }) => ({ at: certificate.at, ...counts })),
  });
}
for (const task of programTasks.values())
  if (!tasks.some(({ name }) => name === task.name))
    problems.push(`task ${task.name}: the assignments have no call of it`);
if (replay) {
  const orphans = rows.filter(({ avoided, failed, id }) => avoided && !failed && !backed.has(id)).length;
  if (orphans > 0) problems.push(`${orphans} calls were answered by a student while no certificate was in force`);
}

for (const [what, ids] of ofCalls)
  problems.push(`${ids.length} calls: ${what} (${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''})`);

// ---- report ----------------------------------------------------------------------------------------------------

const percent = (value) => (value === null || value === undefined ? '–' : `${(100 * value).toFixed(2)} %`);
if (flags.json) console.log(JSON.stringify({ total, tasks, certificates: certified, broken, problems }));
else {
  console.log(
    [
      'task',
      'calls',
      'teacher',
      'avoided',
      'agreement',
      'given/teacher vs gold',
      'certificates (answered/different of calls)',
    ].join(' | '),
  );
  for (const task of [
    ...tasks.sort((left, right) => right.calls - left.calls),
    { name: 'all', ...total, certificates: [] },
  ]) {
    const gold = task.accuracy ? `${percent(task.accuracy.given)} / ${percent(task.accuracy.teacher)}` : '–';
    const counts = task.certificates.map(
      (one) => `${one.answered}/${one.different} of ${one.calls}${one.broken ? ' BROKEN' : ''}`,
    );
    console.log(
      [
        task.name,
        task.calls,
        task.teacherCalls,
        percent(task.avoidedShare),
        percent(task.agreementShare),
        gold,
        counts.join(', ') || '–',
      ].join(' | '),
    );
  }
  console.log(`\n${certified} certificates, ${broken} broken (exact lower bound above epsilon)`);
  console.log(problems.length === 0 ? 'every figure of the program agrees' : `${problems.length} disagreements:`);
  for (const problem of problems.slice(0, 50)) console.log(`- ${problem}`);
  if (problems.length > 50) console.log(`… and ${problems.length - 50} more`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
