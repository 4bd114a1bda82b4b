import type { Findings } from './comparison-table.ts';

/**
 * Failures of the suite that were made again by hand, with plain sockets on both sides. `fail` is only what a client
 * plainly suffers from: lost bytes, a failure that looks like success, a call that goes on after the caller left.
 */
export const findings: Findings = {
  'portkey 1.15.2': {
    C1: {
      verdict: 'fail',
      evidence:
        'fields of a request that it does not know (`x_vendor`, `x-other`) do not reach the upstream, and nothing says so; unknown fields of answers survive.',
    },
    C12: {
      verdict: 'fail',
      evidence:
        'a stream whose lines end in CRLF, as the standard allows, is held back and delivered whole at its end (five events 500 ms apart came together after 3 s). Nothing is lost, and with LF, as OpenAI sends, every event comes at once.',
    },
    C18: { verdict: 'differs', evidence: 'its streams carry no `cache-control`; they come at once all the same.' },
    C21: {
      verdict: 'differs',
      evidence:
        'a body that is no JSON, or empty, is answered 500 `{"status":"failure",…}`, not 400; other bad bodies are left to the upstream to refuse.',
    },
    C23: {
      verdict: 'differs',
      evidence:
        'it keeps the status of the upstream and has an error shape of its own: HTML with 502 is 502 `{"html-message":…}`, HTML with 200 is 200 in that shape, a cut body is 500.',
    },
    C24: {
      verdict: 'fail',
      evidence:
        'an upstream that sends the headers of a stream and then resets gives 200, an empty body and an orderly end: the caller cannot tell it from an empty answer. A reset before the headers is a proper 500.',
    },
    C25: {
      verdict: 'fail',
      evidence:
        "an upstream that resets or closes between two events or within one gives a stream that ends in order behind the last whole event, with neither an error event nor a broken connection; OpenAI's client for Node throws nothing.",
    },
    C26: {
      verdict: 'differs',
      evidence:
        'the request id and rate-limit headers of the upstream are kept, errors included; where the upstream sends no id, it adds none (`x-portkey-trace-id` is its own).',
    },
    C29: {
      verdict: 'differs',
      evidence:
        "a header that the upstream's `connection` names (`x-hop`) is handed on to the client together with it.",
    },
    C30: {
      verdict: 'differs',
      evidence: 'an unknown path is 404 in a shape of its own, `{"message":"Not Found","ok":false}`.',
    },
    C32: {
      verdict: 'differs',
      evidence:
        'embeddings pass through; an upstream that answers floats where base64 was asked for is not translated, which nobody has to do.',
    },
    C35: {
      verdict: 'differs',
      evidence:
        'every route passes through; `/v1/batches` gets a default (`completion_window`), and uploads are gathered before they are sent on.',
    },
    C36: {
      verdict: 'fail',
      evidence:
        'the clients work but for the stream that breaks, where nothing is thrown (C25). That a base URL without `/v1` is 404 is a matter of taste.',
    },
    R7: {
      verdict: 'differs',
      evidence:
        'a kept connection that the upstream resets gives 500; its retries, which could hide that, are a setting and were off.',
    },
    R9: {
      verdict: 'fail',
      evidence:
        'when the caller hangs up, streamed or not, the connection to the upstream is still open 6 s later, so that an upstream may go on generating.',
    },
    R14: { verdict: 'fail', evidence: 'as C25: an upstream that dies in its stream leaves no trace in it.' },
    S4: {
      verdict: 'differs',
      evidence:
        'that a header of the caller names the upstream (`x-portkey-custom-host`) is how this gateway is configured, and was here; who runs it for strangers has to close that himself. Redirects of the upstream are followed.',
    },
    S6: {
      verdict: 'differs',
      evidence: "the caller's key is the upstream's in this configuration, so it has to be sent on.",
    },
    S15: {
      verdict: 'differs',
      evidence:
        'nothing was smuggled: what its HTTP parser refuses is a bare 400 without a body, and a body whose chunk is longer than it says is refused twice. The suite sent these requests without the headers that name the upstream, so bodies that it refuses for that were not compared.',
    },
  },
  'litellm 1.106.12': {
    C1: {
      verdict: 'differs',
      evidence:
        'requests keep unknown fields; in answers they move to `provider_specific_fields`, those at the top stay.',
    },
    C2: {
      verdict: 'differs',
      evidence:
        '`metadata` of a request is its own and is not sent on (its `enable_preview_features` does so); every other parameter of the line arrives (`reasoning_effort` it refuses with 400 for a model that does not reason).',
    },
    C3: {
      verdict: 'fail',
      evidence:
        "a refusal comes back as `message.provider_specific_fields.refusal`; `message.refusal`, where OpenAI's clients look, is missing and `content` is null.",
    },
    C12: {
      verdict: 'differs',
      evidence:
        'events with LF, CRLF or CR come at once; only one that ends in LF and then CRLF waits for the next, a form that we know of no provider.',
    },
    C21: {
      verdict: 'differs',
      evidence:
        'a body that is no JSON or lacks its messages is 400, and a missing key 401, with codes of its own; only `null`, `[]` and `"text"`, which no client sends, are 500.',
    },
    C22: {
      verdict: 'fail',
      evidence:
        'the status is kept, and the message behind a prefix; the code is replaced by the status as text (`context_length_exceeded` and `insufficient_quota` become `"400"` and `"429"`), and for most statuses type and `param` are replaced too.',
    },
    C24: {
      verdict: 'fail',
      evidence:
        'a stream of the upstream that ends without any event becomes 200 with a chunk of its own whose `finish_reason` is `stop`, and `[DONE]`; resets before the first event are proper 500s.',
    },
    C25: {
      verdict: 'differs',
      evidence:
        "a stream of chat whose upstream dies ends in one error event, or is a proper 500 where it dies soon, and OpenAI's client throws; a stream of a response ends in `response.failed`, without the `event:` line that the suite looks for, and with `[DONE]`.",
    },
    C26: {
      verdict: 'differs',
      evidence:
        'rate-limit headers are kept; `x-request-id` and `retry-after` of the upstream come under names of its own (`llm_provider-…`, `request-id`), its own id as `x-litellm-call-id`.',
    },
    C30: { verdict: 'differs', evidence: 'an unknown path is 404 in a shape of its own, `{"detail":"Not Found"}`.' },
    C32: {
      verdict: 'differs',
      evidence:
        'embeddings pass through; an upstream that answers floats where base64 was asked for is not translated, which nobody has to do.',
    },
    C35: {
      verdict: 'not compared',
      evidence:
        'audio, files and batches are routes of its own, with settings that were not made and a model in every form, which the suite does not send.',
    },
    C36: {
      verdict: 'not compared',
      evidence:
        'in every client that ran the case that failed is the wrong key: other keys than the master key need its database, which was not set up (400 `No connected db.`). Other cases of theirs did not fail.',
    },
    R7: {
      verdict: 'differs',
      evidence:
        'a kept connection that the upstream resets gives 500, with its retries off as set here; idle connections are kept for longer than 25 s.',
    },
    R9: {
      verdict: 'fail',
      evidence:
        'when the caller of a call that is not streamed hangs up, the connection to the upstream is still open 6 s later; a stream is hung up on within 12 ms.',
    },
    R10: {
      verdict: 'not compared',
      evidence:
        'it has no `/readyz`, and takes the repeated text of these streams for a model in a loop and ends them, a safeguard of its own.',
    },
    R14: { verdict: 'differs', evidence: 'as C25: the error event is there, its `type` is null.' },
    S1: {
      verdict: 'not compared',
      evidence:
        'no wrong key let anybody in; without its database they are refused with 400 `No connected db.` instead of 401.',
    },
    S3: {
      verdict: 'differs',
      evidence: 'it waits for the body (20 MB announced, none sent, no answer in 3 s) before it looks at the key.',
    },
    S4: {
      verdict: 'differs',
      evidence:
        'addresses in headers and bodies are refused; redirects of the upstream are followed, as its HTTP client does.',
    },
    S15: {
      verdict: 'differs',
      evidence:
        'nothing was smuggled: a request with both lengths is read as chunked, `PRI * HTTP/2.0` is refused twice, refusals of its HTTP parser are plain text; a model name of a megabyte is refused after 3 s, on a busy machine.',
    },
  },
};
