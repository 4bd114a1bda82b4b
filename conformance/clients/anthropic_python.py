"""The official `anthropic` package for Python."""

import anthropic
from run_cases import CALL_A, CALL_B, HAS_OWN_KEY, HEADERS, IS_OURS, KEY, MODEL, ORIGIN, SAID, WEATHER, WEATHER_SCHEMA, equal, raises, run_cases

client = anthropic.Anthropic(base_url=ORIGIN, api_key=KEY, max_retries=0, default_headers=HEADERS, timeout=20)
TOOLS = [
    {"name": name, "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
    for name in ("get_weather", "get_time")
]


def body(name, **fields):
    return {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": f"case: {name}"}], **fields}


def create(name, using=client, **fields):
    return using.messages.create(**body(name, **fields))


def final(name, **fields):
    with client.messages.stream(**body(name, **fields)) as stream:
        return stream.get_final_message()


def uses(message):
    return [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]


def plain():
    message = create("plain")
    equal((message.type, message.role, message.stop_reason), ("message", "assistant", "end_turn"))
    equal(message.content[0].text, SAID)
    equal((message.usage.input_tokens, message.usage.output_tokens), (12, 3))


def streamed():
    with client.messages.stream(**body("plain")) as stream:
        equal("".join(stream.text_stream), SAID)
    message = final("plain")
    equal((message.content[0].text, message.stop_reason, message.usage.output_tokens), (SAID, "end_turn", 3))


def tools():
    message = create("tools", tools=TOOLS)
    equal((message.stop_reason, uses(message)), ("tool_use", [CALL_A]))
    equal(uses(final("tools", tools=TOOLS)), [CALL_A])


def parallel_tools():
    equal(uses(create("parallel", tools=TOOLS)), [CALL_A, CALL_B])
    equal(uses(final("parallel", tools=TOOLS)), [CALL_A, CALL_B])


def structured_output():
    tool = {"name": "weather", "input_schema": WEATHER_SCHEMA}
    message = create("structured", tools=[tool], tool_choice={"type": "tool", "name": "weather"})
    equal(uses(message), [("call_a", "weather", WEATHER)])


def token_count():
    if not IS_OURS:
        return
    # An upstream that speaks OpenAI's API cannot count; that is said, not guessed.
    raises(
        anthropic.NotFoundError,
        lambda: client.messages.count_tokens(model=MODEL, messages=body("plain")["messages"]),
        lambda error: error.body["type"] == "error",
    )


def aborted_stream():
    with client.messages.stream(**body("abort")) as stream:
        next(iter(stream))


def aborted_call():
    raises(anthropic.APITimeoutError, lambda: create("abort", timeout=0.4))


def errors():
    raises(anthropic.BadRequestError, lambda: create("bad"), lambda error: error.body["type"] == "error")
    raises(anthropic.RateLimitError, lambda: create("limited"))
    if not HAS_OWN_KEY:
        return
    stranger = anthropic.Anthropic(base_url=ORIGIN, api_key="wrong", max_retries=0, default_headers=HEADERS)
    raises(anthropic.AuthenticationError, lambda: create("plain", using=stranger))


def broken_stream():
    raises(anthropic.APIError, lambda: final("broken"))


def base_urls_and_keys():
    own = [f"{ORIGIN}/anthropic", f"{ORIGIN}/anthropic/"] if IS_OURS else []
    for base_url in [ORIGIN, f"{ORIGIN}/", *own]:
        for key in ({"api_key": KEY}, {"auth_token": KEY}):
            other = anthropic.Anthropic(base_url=base_url, max_retries=0, default_headers=HEADERS, **key)
            equal(create("plain", using=other).content[0].text, SAID)


run_cases(
    {
        "plain": plain,
        "streamed": streamed,
        "tools": tools,
        "parallel tools": parallel_tools,
        "structured output": structured_output,
        "token count": token_count,
        "aborted stream": aborted_stream,
        "aborted call": aborted_call,
        "errors": errors,
        "broken stream": broken_stream,
        "base URLs and keys": base_urls_and_keys,
    }
)
