"""The real openai client, once: `openai_client.py BASE_URL CASE`; prints one JSON object.

Cases: chat, stream, tools, tools-stream, error (what came, raw and as the client understood it), hang-up (when it left).
"""
import json
import sys
import time

import openai

base, case = sys.argv[1], sys.argv[2]
client = openai.OpenAI(base_url=base + "/v1", api_key="none", max_retries=0, timeout=60)
ask = {"model": "tiny", "messages": [{"role": "user", "content": "a lever moves a wire"}], "temperature": 0, "max_tokens": 12}
tool = {"type": "function", "function": {"name": "set_signal", "parameters": {"type": "object", "properties": {}}}}
if case.startswith("tools"):
    ask |= {"tools": [tool], "tool_choice": "required"}
# The script's own mark, with which a server of the test chooses what to answer.
ask["extra_headers"] = {"x-case": case}


def dumped(item):
    return item.model_dump(mode="json")


if case in ("chat", "tools"):
    answer = client.chat.completions.with_raw_response.create(**ask)
    print(json.dumps({"raw": answer.http_response.text, "parsed": [dumped(answer.parse())]}))
elif case in ("stream", "tools-stream"):
    parsed = [dumped(chunk) for chunk in client.chat.completions.create(stream=True, **ask)]
    with client.chat.completions.with_streaming_response.create(stream=True, **ask) as answer:
        raw = b"".join(answer.iter_bytes()).decode()
    print(json.dumps({"raw": raw, "parsed": parsed}))
elif case == "error":
    try:
        client.chat.completions.create(**ask)
        print(json.dumps({"status": 200}))
    except openai.APIStatusError as error:
        print(json.dumps({"status": error.status_code, "raw": error.response.text, "kind": type(error).__name__}))
elif case == "hang-up":
    stream = client.chat.completions.create(stream=True, **ask)
    for _ in range(5):
        next(stream)
    left = time.monotonic()
    stream.close()
    print(json.dumps({"left": left}))
else:
    sys.exit(f"no case {case}")
