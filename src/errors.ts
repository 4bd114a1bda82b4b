/** Every error a user can meet: its HTTP status and the way out. Codes are in snake_case, as OpenAI's are. */
const catalogue = {
  invalid_setting: { status: 400, remedy: 'Correct the setting named above.' },
  invalid_request: { status: 400, remedy: 'Send a chat completion body as the OpenAI API describes it.' },
  malformed_request: { status: 400, remedy: 'Send well-formed HTTP/1.1, with one `Host` and one length of the body.' },
  headers_too_large: { status: 431, remedy: 'Send fewer or shorter headers, or raise `connections.headerBytes`.' },
  request_timeout: {
    status: 408,
    remedy: 'Send the request without pauses, or raise `connections.headersTimeoutMs` and `requestTimeoutMs`.',
  },
  file_not_found: { status: 404, remedy: 'Check the path.' },
  empty_log: { status: 422, remedy: 'Give a file with one JSON object a line; see docs/guides/call-log.md.' },
  unreadable_log: {
    status: 422,
    remedy: 'Check that the file is complete and of a known format; see docs/guides/call-log.md.',
  },
  task_not_found: { status: 404, remedy: 'List the tasks with `rightsize tasks`.' },
  call_not_found: {
    status: 404,
    remedy: 'Call ids are in the `x-rightsize-call` header and in `rightsize tasks show`.',
  },
  file_exists: { status: 409, remedy: 'Give another file with `--out`, or replace it with `--force`.' },
  file_not_writable: {
    status: 500,
    remedy: 'Give a file you may write to, in a folder that exists, on a disk with room.',
  },
  not_certified: {
    status: 422,
    remedy:
      'Certify the student with `rightsize train TASK`, or let it answer without a promise: `--uncertified --threshold SCORE`.',
  },
  module_too_large: {
    status: 422,
    remedy: 'Train a smaller student with `rightsize train TASK --head linear`, or serve it from the gateway.',
  },
  student_not_found: { status: 404, remedy: 'Train one with `rightsize train TASK`.' },
  student_damaged: {
    status: 422,
    remedy: 'The file was cut or altered. Train the student again with `rightsize train TASK`.',
  },
  too_few_examples: { status: 422, remedy: 'Capture or import more calls of this task.' },
  shape_not_learnable: {
    status: 422,
    remedy: 'See what stands in the way with `rightsize tasks show TASK`; such calls stay with the teacher.',
  },
  folder_in_use: { status: 423, remedy: 'Stop the other process, or give another folder with `--data DIR`.' },
  folder_not_writable: { status: 500, remedy: 'Give a folder you may write to with `--data DIR`.' },
  disk_full: { status: 507, remedy: 'Free some space, or lower the retention settings. Nothing stored was lost.' },
  store_too_new: { status: 500, remedy: 'This folder was written by a newer version. Upgrade rightsize.' },
  store_damaged: { status: 500, remedy: 'Restore a backup with `rightsize restore FILE`.' },
  upstream_not_configured: {
    status: 503,
    remedy: 'Set `upstream.baseUrl` (RIGHTSIZE_UPSTREAM_BASE_URL) and the key it needs.',
  },
  upstream_unreachable: { status: 502, remedy: 'Check `upstream.baseUrl` and that the server behind it runs.' },
  upstream_interrupted: {
    status: 502,
    remedy: 'The upstream broke off in the middle of its answer. Send the call again.',
  },
  upstream_failed: { status: 502, remedy: 'Look at the logs of the upstream; it answered with an error page.' },
  upstream_cooling: {
    status: 429,
    remedy: 'Send the call again after `retry-after`, or give the model another deployment or a fallback.',
  },
  upstream_unavailable: {
    status: 503,
    remedy: 'Send the call again after `retry-after`; see what fails with `rightsize models test`.',
  },
  endpoint_not_supported: {
    status: 404,
    remedy: 'Ask for a model whose upstream has this endpoint; they are listed in docs/guides/models.md.',
  },
  upstream_connect_timeout: {
    status: 504,
    remedy: 'Check that the upstream can be reached, or raise `upstream.connectTimeoutMs`.',
  },
  upstream_first_byte_timeout: { status: 504, remedy: 'Raise `upstream.firstByteTimeoutMs`, or look at the upstream.' },
  upstream_idle_timeout: { status: 504, remedy: 'Raise `upstream.idleTimeoutMs`, or look at the upstream.' },
  upstream_total_timeout: { status: 504, remedy: 'Raise `upstream.totalTimeoutMs`, or ask for shorter answers.' },
  invalid_api_key: { status: 401, remedy: 'Send the key as `Authorization: Bearer KEY`.' },
  key_not_found: { status: 404, remedy: 'List the keys with `rightsize keys list`.' },
  model_not_allowed: { status: 403, remedy: 'Ask for a model that `GET /v1/models` lists, or use another key.' },
  price_unknown: {
    status: 403,
    remedy: 'Use a model whose price is known, or set `limits.unknownPrice` to `allow`.',
  },
  idempotency_key_reused: { status: 422, remedy: 'Give every request an `idempotency-key` of its own.' },
  rate_limit_exceeded: { status: 429, remedy: 'Wait as long as `retry-after` says, or ask for a higher limit.' },
  insufficient_quota: { status: 429, remedy: 'Wait for the next period of the budget, or ask for a higher one.' },
  forbidden_host: { status: 403, remedy: 'Use 127.0.0.1 or localhost, or set `keys.admin`.' },
  not_reloadable: { status: 409, remedy: 'Stop the server and start it with the new settings.' },
  server_stopping: { status: 503, remedy: 'Send the call again in a moment; the server is being restarted.' },
  request_cancelled: { status: 499, remedy: 'The caller hung up; nothing is to be done.' },
  reader_stalled: { status: 408, remedy: 'Read answers as they come, or raise `streams.writeTimeoutMs`.' },
  unsupported_endpoint: {
    status: 404,
    remedy: 'Send the call to an upstream that has this endpoint, or use chat completions; see docs/reference/http.md.',
  },
  untranslatable_request: {
    status: 400,
    remedy: 'Leave that field out, or send the call to an upstream that speaks your API.',
  },
  model_not_found: { status: 404, remedy: 'Ask for a model that the upstream or the recorded log knows.' },
  not_recorded: { status: 404, remedy: 'The recorded teacher answers only calls that are in its log.' },
  route_not_found: { status: 404, remedy: 'The routes are listed in docs/reference/http.md.' },
  body_too_large: { status: 413, remedy: 'Send less, or raise `maxBodyBytes`.' },
  port_in_use: { status: 500, remedy: 'Choose another port with `--port`.' },
  encoder_not_available: {
    status: 404,
    remedy: 'List the installed encoders with `rightsize encoder list`, add one with `rightsize encoder add`.',
  },
  encoder_runtime_missing: {
    status: 422,
    remedy:
      'Install it with `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`, or go on without an encoder.',
  },
  encoder_incomplete: {
    status: 422,
    remedy: 'Give a folder or an address that holds model.onnx (also as onnx/model.onnx) and tokenizer.json.',
  },
  encoder_damaged: {
    status: 422,
    remedy: 'Remove the encoder with `rightsize encoder remove NAME` and add it again.',
  },
  encoder_unsupported: {
    status: 422,
    remedy: 'Take a sentence encoder that was exported to ONNX, such as all-MiniLM-L6-v2.',
  },
  encoder_too_slow: {
    status: 422,
    remedy: 'Take a smaller or a quantised model, or allow more time with `--slowest-ms`.',
  },
  encoder_unreachable: {
    status: 502,
    remedy: 'Check address and network; or fetch model.onnx and tokenizer.json elsewhere and give their folder.',
  },
  encoder_failed: { status: 500, remedy: 'The teacher answers meanwhile. Check the encoder with `rightsize doctor`.' },
  check_failed: { status: 500, remedy: 'Mend what is marked above, then run `rightsize doctor` again.' },
  interrupted: { status: 499, remedy: 'Nothing was left half-written. Run the command again.' },
  internal: { status: 500, remedy: 'This is a defect; please report it with the message above.' },
} as const;

export type ErrorCode = keyof typeof catalogue;

/** The catalogue as rows, for the reference page and its test. */
export const errorCatalogue: Readonly<Record<ErrorCode, { readonly status: number; readonly remedy: string }>> =
  catalogue;

export interface RightsizeErrorOptions {
  readonly cause?: unknown;
  readonly remedy?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error with a code, a cause and a way out. The message names the setting or thing and its value. */
export class RightsizeError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly status: number;
  /** What the answer that tells of it carries besides: `retry-after`, for instance. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: RightsizeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RightsizeError';
    this.code = code;
    this.remedy = options.remedy ?? catalogue[code].remedy;
    this.status = catalogue[code].status;
    this.headers = options.headers ?? {};
  }
}
