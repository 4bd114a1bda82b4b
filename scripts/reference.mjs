// Usage: node --import tsx scripts/reference.mjs [--check]
// Writes docs/reference/*.md, docs/guides/provider-terms.md and rightsize.config.schema.json from the code; with --check, only says whether they are stale.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { commands } from '../src/cli/commands.ts';
import { reasonWords } from '../src/cli/reasons.ts';
import { basisInWords } from '../src/curate/provider-terms.ts';
import { providerTermsTable } from '../src/curate/provider-terms-table.ts';
import { errorCatalogue } from '../src/errors.ts';
import { adminRoutes } from '../src/server/admin-app.ts';
import { createMetrics } from '../src/server/metrics.ts';
import { completeSettings, settingsJsonSchema, settingVariables } from '../src/settings.ts';

const note = '<!-- Written by scripts/reference.mjs; change the code, not this page. -->';

const pages = {
  'docs/reference/cli.md': await cliPage(),
  'docs/reference/http.md': httpPage(),
  'docs/reference/settings.md': settingsPage(),
  'docs/reference/errors.md': errorsPage(),
  'docs/reference/metrics.md': metricsPage(),
  'docs/guides/provider-terms.md': providerTermsPage(),
  'rightsize.config.schema.json': formatted('rightsize.config.schema.json', JSON.stringify(settingsJsonSchema())),
};

if (process.argv.includes('--check')) {
  const stale = Object.entries(pages).filter(([file, text]) => readOrNothing(file) !== text);
  for (const [file] of stale) console.error(`${file} is stale: run node --import tsx scripts/reference.mjs`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [file, text] of Object.entries(pages)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function formatted(file, text) {
  const biome = ['node_modules/@biomejs/biome/bin/biome', 'format', `--stdin-file-path=${file}`];
  return execFileSync(process.execPath, biome, { input: text, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
}

function readOrNothing(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function page(title, ...blocks) {
  return `${[`# ${title}`, note, ...blocks].join('\n\n')}\n`;
}

function table(heading, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}

async function cliPage() {
  const names = Object.keys(commands);
  const help = [];
  for (const name of names) {
    const command = await commands[name].load();
    new Command('rightsize').addCommand(command);
    help.push(...describeCommand(command, `rightsize ${name}`));
  }
  return page(
    'Commands',
    'Every command knows `--help`. Exit status: 0 done, 1 failed (one line with an error code, and the way out), 2 wrong usage, 130 interrupted. With `--json` standard output carries exactly one JSON document; words, warnings and progress go to standard error. `NO_COLOR` is obeyed.',
    table(
      ['command', 'what it does'],
      names.map((name) => [`[\`${name}\`](#rightsize-${name})`, commands[name].summary]),
    ),
    ...help,
  );
}

function describeCommand(command, path) {
  command.configureHelp({ helpWidth: 100 }).helpOption('--help', 'show this help').helpCommand(false);
  const block = [`## ${path}`, `\`\`\`\n${command.helpInformation().trimEnd()}\n\`\`\``];
  return [...block, ...command.commands.flatMap((each) => describeCommand(each, `${path} ${each.name()}`))];
}

function settingsPage() {
  const defaults = completeSettings();
  const schema = settingsJsonSchema();
  const rows = [...settingVariables()].map(([variable, path]) => {
    const described = path.reduce(propertyOf, schema);
    const value = path.reduce((at, key) => at?.[key], defaults);
    return [
      `\`${path.join('.')}\``,
      `\`${variable}\``,
      `\`${JSON.stringify(value ?? null)}\``,
      [secretOf(path, schema), described?.description].filter(Boolean).join(' '),
    ];
  });
  return page(
    'Settings',
    '`rightsize.config.json` or `rightsize.config.yaml` in the folder where the program is started, then `RIGHTSIZE_*` variables, then flags: the later one wins. Unknown keys are errors. A secret is named, never written: by the variable or the file that holds it. `RIGHTSIZE_UPSTREAM_API_KEY`, `RIGHTSIZE_KEYS_ADMIN` and `RIGHTSIZE_KEYS_CALLERS` may hold theirs directly.',
    'An editor checks and completes the file where it begins with `"$schema": "./node_modules/rightsize/rightsize.config.schema.json"`.',
    table(['setting', 'variable', 'default', 'meaning'], rows),
  );
}

/** What the secret is for; the two ways to name it say no more than that. */
function secretOf(path, schema) {
  const isReference = ['env', 'file'].includes(path.at(-1));
  return isReference ? path.slice(0, -1).reduce(propertyOf, schema)?.description : null;
}

/** Looks through `anyOf`, which a nullable setting becomes. */
function propertyOf(schema, key) {
  const candidates = [schema, ...(schema?.anyOf ?? [])];
  return candidates.map((each) => each?.properties?.[key]).find((found) => found !== undefined);
}

function errorsPage() {
  const rows = Object.entries(errorCatalogue).map(([code, { status, remedy }]) => [`\`${code}\``, status, remedy]);
  return page(
    'Errors',
    'Commands print `error[code]: reason` and the way out. Over HTTP the same code stands in `error.code` of an error object as OpenAI writes it, under the status below; errors of the upstream keep their own status and object.',
    table(['code', 'status', 'way out'], rows),
  );
}

function metricsPage() {
  return page(
    'Metrics',
    '`GET /metrics`, in the text format of Prometheus. It lets in whom the admin API lets in: with `keys.admin`, whoever sends that key as a bearer token, else this machine alone. Names and labels are stable. Beside these stand the usual `process_*` and `nodejs_*`. Figures of a task are of its whole life, the others of this process.',
    table(
      ['name', 'kind', 'labels', 'meaning'],
      createMetrics().list.map(({ name, kind, labels, meaning }) => [
        `\`${name}\``,
        kind,
        labels.map((label) => `\`${label}\``).join(', '),
        meaning,
      ]),
    ),
  );
}

function providerTermsPage() {
  return page(
    'What providers say about training on their answers',
    'A student learns from the answers of the LLM it stands in for. Whether its terms welcome that is between you and your provider. This page says, provider by provider and in our words, what was found, when, and how sure it is. It is information and no legal advice; terms change without notice; an agreement of your own goes before them; nothing in the program is blocked by any of it.',
    '`rightsize train TASK` prints the notice of whoever answered the calls it trained on: by the host of `upstream.baseUrl` for calls through the gateway, else by the name of the model. `rightsize card TASK` shows it at length, with the number of calls each teacher answered, their first and last day, and a hash of their ids; both give it with `--json`, too. The notice is kept with the student as it stood on the day of training.',
    'Students are small classifiers, not language models. Whether one “competes” with a provider, no text found here defines.',
    table(
      ['who', 'what it says', 'source', 'how sure'],
      providerTermsTable.map((terms) => [
        terms.name,
        terms.says,
        `[${terms.source.title}](${terms.source.url}), ${terms.source.dated ? `text of ${terms.source.dated}` : 'undated'}`,
        basisInWords(terms),
      ]),
    ),
    'Found something older than the text it speaks of? Read the source, change `src/curate/provider-terms-table.ts` with its dates, and run `node --import tsx scripts/reference.mjs`.',
  );
}

function httpPage() {
  return page(
    'HTTP',
    'One port, 8484 on 127.0.0.1 unless set otherwise. An application needs only `OPENAI_BASE_URL=http://127.0.0.1:8484/v1`.',
    '## Routes',
    table(
      ['route', 'what it does'],
      [
        ['`POST /v1/chat/completions`', 'answered by a student or by the upstream, plain and streamed'],
        [
          '`POST /v1/completions`, `/v1/embeddings`, `/v1/responses`',
          'sent on byte for byte; model, tokens and cost are read for limits and metrics',
        ],
        [
          '`POST /v1/messages`, `/anthropic/v1/messages`',
          "Anthropic's, answered by a student or by the upstream; translated where the upstream speaks OpenAI's API: docs/guides/anthropic.md",
        ],
        [
          '`POST /v1/messages/count_tokens`, also below `/anthropic`',
          "counted by the upstream where it is Anthropic's, else `unsupported_endpoint`",
        ],
        ['`GET /v1/models`, `/v1/models/{id}`', 'the models that the key may use'],
        [
          'every other `/v1/*`',
          'passed through to the upstream byte for byte, streamed both ways, under the same key and limits',
        ],
        ['`OPTIONS` on any of them', 'answered here; web pages are let in by `cors.origins`'],
        ['`GET /healthz`, `GET /readyz`', 'whether the process lives, and whether it takes calls'],
        ...adminRoutes.map(({ method, path, summary }) => [`\`${method.toUpperCase()} ${path}\``, summary]),
      ],
    ),
    'The admin API lets in who reaches it under a loopback name and is no web page; with `keys.admin`, who sends that key as a bearer token. Beyond loopback the server starts only with `keys.admin` and with a key for callers: a stored one (`rightsize keys add`) or `keys.callers`.',
    '## Request headers',
    table(
      ['header', 'meaning'],
      [
        ['`x-rightsize-task`', 'names the task of the call; `metadata.task` in the body does the same'],
        ['`x-rightsize-answer: teacher`', 'forbids students for this call'],
        [
          '`x-rightsize-conversation`, `x-rightsize-step`',
          'group the calls of one pipeline; also `metadata.conversation`, `metadata.step`',
        ],
        [
          '`x-rightsize-user`',
          'the application’s user, to erase their calls by; also `user`, `safety_identifier` or `metadata.user_id`. Kept as a hash',
        ],
        ['`x-rightsize-tenant`', 'whose call it is; `default` where missing'],
        [
          '`authorization: Bearer`, `x-api-key`, `api-key`',
          'the gateway key, in any of them; it ends here, other keys beside it travel on',
        ],
        [
          '`idempotency-key`',
          'names the request: sent again with the same name and body, it is answered, counted and kept once',
        ],
        ['`x-rightsize-cache: no`', 'neither takes the answer from the cache nor puts it there'],
        ['`x-stainless-retry-count`', "the official clients' count of retries: a call tried again goes to the teacher"],
      ],
    ),
    '## Response headers',
    table(
      ['header', 'meaning'],
      [
        ['`x-rightsize-call`', 'id of the call, for `rightsize why`; on every answer, errors included'],
        ['`x-request-id`', "the upstream's own, else the id of the call"],
        ['`x-rightsize-answered-by`', '`student`, `teacher` or `cache`'],
        ['`x-rightsize-saved-usd`', 'on an answer from the cache: what it would have cost, where that is known'],
        ['`x-rightsize-replayed: true`', 'the answer was given before, to the same `idempotency-key`'],
        [
          '`x-ratelimit-limit-requests`, `-remaining-requests`, `-reset-requests`, the same for `tokens`',
          'of the limit that leaves least, where the key or its tenant has one',
        ],
        [
          '`retry-after`, `x-should-retry`',
          'on a 429, or a 503 for a model: seconds until something is left, and whether to try again before long',
        ],
        [
          '`x-rightsize-deployment`, `x-rightsize-attempts`',
          'which deployment of a model answered last, and how many times one was asked',
        ],
        ['`x-rightsize-reason`', 'why; see below'],
        ['`x-rightsize-task`', 'name of the task, percent-encoded where it is no ASCII'],
        ['`x-rightsize-student`, `x-rightsize-score`', 'the student that was asked and how sure it was, from 0 to 1'],
        [
          '`x-rightsize-usage: estimated`',
          "on a student's answer: its `usage` is estimated from the teacher's on the same task",
        ],
      ],
    ),
    '## Reasons',
    table(
      ['reason', 'meaning'],
      Object.entries(reasonWords).map(([reason, words]) => [`\`${reason}\``, words]),
    ),
    '## What a failing stream looks like',
    'Before the first event every failure has a real status: also an error that the upstream tells under 200, an empty answer, half a JSON document, a page of HTML. After it, a stream ends with one event of its own and without `[DONE]`: `data: {"error": …}`, on `/v1/responses` `response.failed`, on the Anthropic routes `event: error`; any other answer is cut off, so that no client takes it for whole. Where `streams.heartbeatMs` is set, the first comment fixes the status at 200, and what fails behind it is such an event.',
  );
}
