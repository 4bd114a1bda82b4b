// What every script of a client shares: where the gateway is, and how the cases are run and told.
export const { CLIENT_PACKAGE, CLIENT_ORIGIN, CLIENT_KEY, CLIENT_MODEL } = process.env;
export const baseUrl = `${CLIENT_ORIGIN}/v1`;
/** Headers that another gateway wants with every request. */
export const headers = JSON.parse(process.env.CLIENT_HEADERS ?? '{}');
/** Whether the gateway has keys of its own, and refuses others. */
export const hasOwnKey = process.env.CLIENT_HAS_OWN_KEY === 'true';
/** Whether routes may be asked for that only some gateways have. */
export const isOurs = process.env.CLIENT_IS_OURS === 'true';
/** The forms in which users write the address of an OpenAI-compatible API. */
export const baseUrls = [baseUrl, `${baseUrl}/`, CLIENT_ORIGIN, `${CLIENT_ORIGIN}/`];

const caseMs = 20_000;

/** Runs one case after the other and prints a line of JSON for each: its name, and why it failed or null. */
export async function runCases(cases) {
  for (const [name, run] of Object.entries(cases)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${caseMs / 1000} s`)), caseMs);
    });
    let failure = null;
    try {
      await Promise.race([run(), late]);
    } catch (error) {
      failure = String(error instanceof Error ? error.message || error.name : error).slice(0, 300);
    }
    clearTimeout(timer);
    console.log(JSON.stringify({ name, failure }));
  }
  process.exit(0);
}

export function equal(actual, expected, what = 'value') {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

export async function throws(run, claim, what) {
  try {
    await run();
  } catch (error) {
    if (!claim(error))
      throw new Error(`${what}: threw ${error?.constructor?.name} ${error?.status} ${error?.code}: ${error?.message}`);
    return;
  }
  throw new Error(`${what}: nothing was thrown`);
}

/** What the scripted upstream answers to each case. */
export const said = 'Hello, größer 👋';
export const weather = { city: 'Ulm', celsius: 3 };
export const weatherSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, celsius: { type: 'number' } },
  required: ['city', 'celsius'],
  additionalProperties: false,
};
