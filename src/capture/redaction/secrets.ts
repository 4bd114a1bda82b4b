import { byPattern, type Recogniser, type Stretch } from './recogniser.ts';

/** From `BEGIN` to `END`; a key that is cut goes to the end of the text. */
const privateKey: Recogniser = {
  name: 'private-key',
  find(text) {
    const found: Stretch[] = [];
    let after = 0;
    for (const { index } of text.matchAll(/-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g)) {
      if (index < after) continue;
      const footer = text.indexOf('-----END ', index);
      const close = footer < 0 ? -1 : text.indexOf('-----', footer + 9);
      after = close < 0 ? text.length : close + 5;
      found.push({ start: index, end: after });
    }
    return found;
  },
};

const awsKey = byPattern({
  name: 'aws-key',
  needs: /A[A-Z]{3}|aws/i,
  pattern:
    /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])|aws.{0,20}["']?\s{0,3}[=:]\s{0,3}["']?(?<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
});

/** Prefixes that their issuers document: GitHub, GitLab, Slack, Stripe, OpenAI, Anthropic, Google, npm, Hugging Face, SendGrid. */
const apiKey = byPattern({
  name: 'api-key',
  needs: /gh[opsur]_|github_pat_|glpat-|xox|[prs]k[_-]|AIza|GOCSPX|npm_|hf_|SG\./,
  pattern:
    /(?<![A-Za-z0-9])(?:gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}|glpat-[\w-]{20,64}|xox[abeoprs]-[A-Za-z0-9-]{10,255}|[prs]k_(?:live|test)_[A-Za-z0-9]{16,255}|sk-[\w-]{20,255}|AIza[\w-]{35}|GOCSPX-[\w-]{28}|npm_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,64}|SG\.[\w-]{16,32}\.[\w-]{16,64})(?![A-Za-z0-9])/g,
});

/** RFC 7519: three parts in base64url, the first two JSON objects. The third may be cut or empty. */
const jsonWebToken = byPattern({
  name: 'json-web-token',
  needs: 'eyJ',
  pattern: /(?<![\w-])eyJ[\w-]{8,2000}\.eyJ[\w-]{4,8000}(?:\.[\w-]{0,2000})?/g,
});

const bearer = byPattern({
  name: 'password',
  needs: /bearer|basic/i,
  pattern: /(?<![A-Za-z])(?:bearer|basic) {1,3}(?<value>[A-Za-z0-9._~+/-]{16,4000}={0,2})/gi,
});

/** What follows `password=` and its like, up to the next space, quote or separator. */
const assigned = byPattern({
  name: 'password',
  needs: /passw|pwd|secret|token|api.?key|access.?key/i,
  pattern:
    /(?:passwor[dt]|passwd|passphrase|pwd|secret|token|api[_ -]?key|access[_ -]?key)["']?\s{0,3}(?:=|:)\s{0,3}["']?(?<value>[^\s"',;&<>[\]{}]{6,200})/gi,
});

const password: Recogniser = {
  name: 'password',
  find: (text) => [...bearer.find(text), ...assigned.find(text)].sort((a, b) => a.start - b.start),
};

/** What opens doors. */
export const secretRecognisers: readonly Recogniser[] = [privateKey, awsKey, apiKey, jsonWebToken, password];
