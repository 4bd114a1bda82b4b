"""What every Python script of a client shares: where the gateway is, and how the cases are run and told."""

import json
import os
import traceback

ORIGIN = os.environ["CLIENT_ORIGIN"]
KEY = os.environ["CLIENT_KEY"]
MODEL = os.environ["CLIENT_MODEL"]
# Headers that another gateway wants with every request.
HEADERS = json.loads(os.environ.get("CLIENT_HEADERS", "{}"))
# Whether the gateway has keys of its own, and refuses others.
HAS_OWN_KEY = os.environ.get("CLIENT_HAS_OWN_KEY") == "true"
# Whether routes may be asked for that only some gateways have.
IS_OURS = os.environ.get("CLIENT_IS_OURS") == "true"
BASE_URL = f"{ORIGIN}/v1"
# The forms in which users write the address of an OpenAI-compatible API.
BASE_URLS = [BASE_URL, f"{BASE_URL}/", ORIGIN, f"{ORIGIN}/"]

# What the scripted upstream answers to each case.
SAID = "Hello, größer 👋"
WEATHER = {"city": "Ulm", "celsius": 3}
WEATHER_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "celsius": {"type": "number"}},
    "required": ["city", "celsius"],
    "additionalProperties": False,
}
CALL_A = ("call_a", "get_weather", {"city": "Köln"})
CALL_B = ("call_b", "get_time", {"city": "Ulm"})
VECTORS = [[0.5, -0.25, 2, 1], [0.25, -0.25, 2, 2]]


def run_cases(cases):
    """Runs one case after the other and prints a line of JSON for each: its name, and why it failed or null."""
    for name, run in cases.items():
        failure = None
        try:
            run()
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[1:2]
            line = f" (line {where[0].lineno})" if where else ""
            failure = f"{type(error).__name__}: {error}{line}"[:300]
        print(json.dumps({"name": name, "failure": failure}), flush=True)


def equal(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


def raises(kinds, run, claim=lambda error: True):
    try:
        run()
    except kinds as error:
        if not claim(error):
            raise AssertionError(f"raised {error!r} with code {getattr(error, 'code', None)}") from error
        return
    raise AssertionError("nothing was raised")
