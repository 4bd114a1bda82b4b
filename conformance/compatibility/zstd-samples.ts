/** Answers packed by the `zstd` program: Node 20 can neither pack nor unpack it. */
export interface ZstdSample {
  readonly status: number;
  readonly type: string;
  readonly packed: Buffer;
  readonly text: string;
}

export const zstdSamples: readonly ZstdSample[] = [
  {
    status: 200,
    type: 'application/json',
    text: '{"id":"chatcmpl-z","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"zstd ü"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
    packed: Buffer.from(
      'KLUv/QRo/QQAgksiHKCrA+v//8FV+YuBldv/93/5fb8AnJi7foysCnHXVUCvt3nqs410JFeKprfjerTNd5/LTyWk4Tjj8nYdywClubp7T+258O09X3NkfndXaKVb7so8ZpVvgzulyoy3DHdWGLeBb5d3h1RZ+Ua4K9pPJfj2ubEViuRCoaE6yb69CqBIwn4NvLsSbwUGADQLzeFR+gUY1n6iCU+a7hwDxWg5QA==',
      'base64',
    ),
  },
  {
    status: 200,
    type: 'text/event-stream',
    text: 'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"zstd ü"},"finish_reason":null}]}\n\ndata: [DONE]\n\n',
    packed: Buffer.from(
      'KLUv/QRoNQQA4kkfHaCrA+v//8FV+fvzt7//L19O3i+x6Tw2SMTkijUxAKAYB1IkAJApmZTV3E9KvZ4Wh4ozNnfZtS2Albq+r7PrpHxs/6pseDfsrYYzHkv2VHOkDt89+l42pNEdsYddX098d2hWDguTxtpSiigL9Tn8feV+GHp3/h7GY8G++mABAJbMYKSv/0ix',
      'base64',
    ),
  },
  {
    status: 400,
    type: 'application/json',
    text: '{"error":{"message":"zstd says no","type":"invalid_request_error","param":null,"code":"zstd_code"}}',
    packed: Buffer.from(
      'KLUv/QRodQIAUoUQEaDtcP9bLbxvr1YBcBRFQDVgtZ7LIqMs8oAQVOJp3bKH8ZphYzfKQRvVuTgz+R6+FGi5DcrreXE2283pVNwt5/g0AgCKQMLyQe0BeAxlLA==',
      'base64',
    ),
  },
];
