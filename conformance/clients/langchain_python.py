"""LangChain for Python: `langchain-openai`."""

import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from run_cases import BASE_URL, BASE_URLS, CALL_A, CALL_B, HAS_OWN_KEY, HEADERS, IS_OURS, KEY, MODEL, SAID, VECTORS, WEATHER, WEATHER_SCHEMA, equal, raises, run_cases


def make(base_url=BASE_URL, key=KEY, **fields):
    return ChatOpenAI(model=MODEL, api_key=key, base_url=base_url, max_retries=0, default_headers=HEADERS, timeout=20, stream_usage=True, **fields)


model = make()
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "description": name, "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
    for name in ("get_weather", "get_time")
]


def short(message):
    return [(call["id"], call["name"], call["args"]) for call in message.tool_calls]


def whole(pieces):
    total = None
    for piece in pieces:
        total = piece if total is None else total + piece
    return total


def plain():
    message = model.invoke("case: plain")
    equal((message.content, message.usage_metadata["total_tokens"]), (SAID, 15))


def streamed():
    message = whole(model.stream("case: plain"))
    equal((message.content, message.usage_metadata["total_tokens"]), (SAID, 15))


def tools():
    equal(short(model.bind_tools(TOOLS).invoke("case: tools")), [CALL_A])


def parallel_tools():
    equal(short(model.bind_tools(TOOLS).invoke("case: parallel")), [CALL_A, CALL_B])
    equal(short(whole(model.bind_tools(TOOLS).stream("case: parallel"))), [CALL_A, CALL_B])


def structured_output():
    schema = {"title": "weather", "description": "The weather.", **WEATHER_SCHEMA}
    equal(model.with_structured_output(schema, method="json_schema").invoke("case: structured"), WEATHER)


def embeddings():
    embedder = OpenAIEmbeddings(model=MODEL, api_key=KEY, base_url=BASE_URL, default_headers=HEADERS, check_embedding_ctx_length=False)
    equal(embedder.embed_documents(["a", "b"]), VECTORS)


def aborted_stream():
    stream = model.stream("case: abort")
    next(stream)
    stream.close()


def aborted_call():
    raises(openai.APITimeoutError, lambda: model.invoke("case: abort", timeout=0.4))


def errors():
    raises(openai.BadRequestError, lambda: model.invoke("case: bad"), lambda error: not IS_OURS or error.code == "some_code")
    raises(openai.RateLimitError, lambda: model.invoke("case: limited"))
    if not HAS_OWN_KEY:
        return
    raises(openai.AuthenticationError, lambda: make(key="wrong").invoke("case: plain"))


def broken_stream():
    raises(openai.APIError, lambda: list(model.stream("case: broken")))


def base_urls():
    for base_url in BASE_URLS:
        equal(make(base_url).invoke("case: plain").content, SAID)


run_cases(
    {
        "plain": plain,
        "streamed": streamed,
        "tools": tools,
        "parallel tools": parallel_tools,
        "structured output": structured_output,
        "embeddings": embeddings,
        "aborted stream": aborted_stream,
        "aborted call": aborted_call,
        "errors": errors,
        "broken stream": broken_stream,
        "base URLs": base_urls,
    }
)
