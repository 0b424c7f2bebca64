"""``stylecli eval rate`` in a process of its own, and what its page asks it."""

import http.client
import json
import signal
import subprocess
import sys
from urllib.parse import urlsplit


class Program:
    """The command in a process of its own."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stylecli", "eval", "rate", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def address(self, stream=None):
        for line in stream or self.process.stdout:
            if line.startswith("Rate at: "):
                return urlsplit(line.split()[-1])
        raise AssertionError(self.process.stderr.read())

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def told(address, path, given=None):
    connection = http.client.HTTPConnection(address.netloc, timeout=20)
    body = None if given is None else json.dumps(given)
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request("POST" if body else "GET", address.path + path, body, headers)
    return json.loads(connection.getresponse().read())
