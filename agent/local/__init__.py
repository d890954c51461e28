"""The local socket: how the command line speaks with the running service.

One connection is one request: a line of JSON, `{"do": "check", "devices": ["cam-1"], "probe": null}`, answered by any
number of lines `{"item": ...}` and a last one, `{"done": true}` or `{"fault": {"code": 64, "phrases": [...]}}`. Closing
the connection, also for writing only, ends what was asked for.
"""
