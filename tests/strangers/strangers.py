"""Starts the simulator and the strangers, adds up what they say.

A check prints `ok   NAME` or `FAIL NAME: REASON`; the last line is `N passed, N failed`.
"""

import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
# What the strangers say beside their checks.
LOG = HERE.parent.parent / "target/strangers/strangers.log"
TOKEN = "strangertoken"
KEY = "Q2l0eUdvdldlQ2hhdEJhY2tlbmRUZXN0S2V5MDAwMD9"
APP_ID = "wx5f3c1a7b9d2e4f60"
SECRET = "5f3c1a7b9d2e4f605f3c1a7b9d2e4f60"

passed = failed = 0


def said(line):
    """Prints a line and counts it when it is a check's."""
    global passed, failed
    passed += line.startswith("ok ")
    failed += line.startswith("FAIL ")
    print(line, flush=True)


def check(name, wrong):
    """One check of ours; `wrong` is empty when it holds."""
    said(f"FAIL {name}: {wrong}" if wrong else f"ok   {name}")


@contextlib.contextmanager
def running(command):
    """A child process that ends with the block."""
    with open(LOG, "a", encoding="utf-8") as log:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(10)


@contextlib.contextmanager
def simulator(binary, mode, callback):
    """`yishiting simulator` on a free port; gives its address."""
    command = [
        binary, "simulator", "--listen", "127.0.0.1:0", "--callback", callback, "--token", TOKEN,
        "--encoding-aes-key", KEY, "--app-id", APP_ID, "--app-secret", SECRET, "--mode", mode,
    ]
    with running(command) as child:
        ready = child.stdout.readline().split()
        if ready[:2] != ["ready", "simulator"]:
            raise SystemExit(f"the simulator did not start: {ready}")
        yield ready[2]


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("a stranger's server did not start")


def client(binary, name, command):
    """A stranger that calls the API: its own lines are the checks."""
    with simulator(binary, "safe", "http://127.0.0.1:1/") as base:
        with running([*command, base, APP_ID, SECRET]) as child:
            for line in child.stdout:
                said(line.rstrip())
            check(f"{name}: ends well", child.wait(60) and "it broke off, see above")


def calendar(binary):
    """Strangers that count working days: every day and every start day of three years."""
    with running([sys.executable, HERE / "calendar_oracles.py", binary]) as child:
        for line in child.stdout:
            said(line.rstrip())
        check("working days: ends well", child.wait(60) and "it broke off, see target/strangers/strangers.log")


def server(binary, name, mode, command):
    """A stranger that answers pushes: the simulator must read its replies as it meant them."""
    port = free_port()
    keys = [TOKEN, KEY, APP_ID] if mode == "safe" else [TOKEN]
    with running([*command, str(port), *keys]):
        wait_for(port)
        with simulator(binary, mode, f"http://127.0.0.1:{port}/wechat") as base:
            title = f"{name} as a server, {mode} mode"
            verified = post(f"{base}/_sim/verify", {})
            check(f"{title}: the callback address is verified", not verified["ok"] and verified)

            def act(what, body, expected):
                outcome = post(f"{base}/_sim/users/oStranger/{what}", body)
                wrong = "" if outcome["shown"] == expected else outcome
                check(f"{title}: {what} {json.dumps(body, ensure_ascii=False)}", wrong)

            act("scan", {"scene": "m_k7x2p9"}, "subscribe qrscene_m_k7x2p9")
            act("scan", {"scene": 42}, "scan 42")
            act("text", {"content": "签到😀<b>&amp;"}, "text 签到😀<b>&amp;")
            act("click", {"key": "help"}, "click help")
            act("location", {"latitude": 28.0, "longitude": 120.65, "label": "市行政中心"}, "location 市行政中心")
            act("image", {}, "image")
            act("text", {"content": "news"}, "第一篇")
            act("text", {"content": "silent"}, None)
            act("unfollow", {}, None)


def main():
    binary = sys.argv[1]
    LOG.write_text("")
    python = [sys.executable]
    client(binary, "wechatpy", [*python, HERE / "wechatpy_client.py"])
    client(binary, "providers' packages", [*python, HERE / "phone_client.py"])
    client(binary, "co-wechat-api", ["node", HERE / "co_wechat_api_client.js"])
    for mode in ["plain", "safe"]:
        server(binary, "werobot", mode, [*python, HERE / "werobot_server.py"])
        server(binary, "co-wechat", mode, ["node", HERE / "co_wechat_server.js"])
    calendar(binary)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
