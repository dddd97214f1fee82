"""A page by `requests`: as people write it, and with a session for each thread, which keeps connections."""

import threading
from importlib import import_module
from typing import Any

requests: Any = import_module("requests")  # this way types are checked where it is not installed, too

_here = threading.local()


def get(url: str) -> bytes:
    """Fetch with `requests.get`, which makes a session and a connection each time."""
    response = requests.get(url, timeout=30)
    response.raise_for_status()
    body: bytes = response.content
    return body


def session(url: str) -> bytes:
    """Fetch with this thread's own session."""
    if not hasattr(_here, "session"):
        _here.session = requests.Session()
    response = _here.session.get(url, timeout=30)
    response.raise_for_status()
    body: bytes = response.content
    return body
