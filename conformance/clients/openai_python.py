"""The official `openai` package for Python, whichever major is installed."""

import json

import openai
from pydantic import BaseModel
from run_cases import BASE_URL, BASE_URLS, CALL_A, CALL_B, HAS_OWN_KEY, HEADERS, IS_OURS, KEY, MODEL, SAID, VECTORS, equal, raises, run_cases

client = openai.OpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0, default_headers=HEADERS, timeout=20)
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
    for name in ("get_weather", "get_time")
]


class Weather(BaseModel):
    city: str
    celsius: float


def create(name, using=client, **fields):
    return using.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": f"case: {name}"}], **fields)


def short(calls):
    return [(call.id, call.function.name, json.loads(call.function.arguments)) for call in calls]


def streamed_calls(name):
    calls = {}
    for chunk in create(name, tools=TOOLS, stream=True):
        for part in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            call = calls.setdefault(part.index, [part.id, part.function.name, ""])
            call[2] += part.function.arguments or ""
    return [(id, name, json.loads(text)) for id, name, text in calls.values()]


def plain():
    completion = create("plain")
    equal(completion.choices[0].message.content, SAID)
    equal(completion.usage.total_tokens, 15)
    assert completion._request_id or not IS_OURS, "no _request_id"


def streamed():
    chunks = list(create("plain", stream=True, stream_options={"include_usage": True}))
    equal("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), SAID)
    equal(chunks[-1].usage.total_tokens, 15, "usage")


def tools():
    equal(short(create("tools", tools=TOOLS).choices[0].message.tool_calls), [CALL_A])
    equal(streamed_calls("tools"), [CALL_A])


def parallel_tools():
    equal(short(create("parallel", tools=TOOLS).choices[0].message.tool_calls), [CALL_A, CALL_B])
    equal(streamed_calls("parallel"), [CALL_A, CALL_B])


def structured_output():
    completion = client.beta.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "case: structured"}], response_format=Weather
    )
    equal(completion.choices[0].message.parsed, Weather(city="Ulm", celsius=3))


def embeddings():
    for fields in ({"encoding_format": "float"}, {}):
        data = client.embeddings.create(model=MODEL, input=["a", "b"], **fields).data
        equal([item.embedding for item in data], VECTORS, str(fields))


def responses():
    if not IS_OURS:
        return
    equal(client.responses.create(model=MODEL, input="case: plain").output_text, SAID)
    events = list(client.responses.create(model=MODEL, input="case: plain", stream=True))
    equal("".join(event.delta for event in events if event.type == "response.output_text.delta"), SAID)
    equal(events[-1].type, "response.completed")


def aborted_stream():
    with create("abort", stream=True) as stream:
        next(iter(stream))


def aborted_call():
    raises(openai.APITimeoutError, lambda: create("abort", timeout=0.4))


def errors():
    raises(openai.BadRequestError, lambda: create("bad"), lambda error: not IS_OURS or (error.code == "some_code" and error.param == "messages"))
    raises(openai.RateLimitError, lambda: create("limited"), lambda error: not IS_OURS or error.code == "rate_limit_exceeded")
    raises(openai.BadRequestError, lambda: create("bad", stream=True))
    if not HAS_OWN_KEY:
        return
    stranger = openai.OpenAI(base_url=BASE_URL, api_key="wrong", max_retries=0, default_headers=HEADERS)
    raises(openai.AuthenticationError, lambda: create("plain", using=stranger), lambda error: not IS_OURS or error.code == "invalid_api_key")


def broken_stream():
    raises(openai.APIError, lambda: list(create("broken", stream=True)))


def base_urls():
    for base_url in BASE_URLS:
        other = openai.OpenAI(base_url=base_url, api_key=KEY, max_retries=0, default_headers=HEADERS)
        equal(create("plain", using=other).choices[0].message.content, SAID)


run_cases(
    {
        "plain": plain,
        "streamed": streamed,
        "tools": tools,
        "parallel tools": parallel_tools,
        "structured output": structured_output,
        "embeddings": embeddings,
        "responses": responses,
        "aborted stream": aborted_stream,
        "aborted call": aborted_call,
        "errors": errors,
        "broken stream": broken_stream,
        "base URLs": base_urls,
    }
)
