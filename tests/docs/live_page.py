"""Draws docs/live-page.png: the live page in a real Chromium, while real replicas serve a burst.

    live_page.py OUT.png [NAME.png WIDTH light|dark]...       and of all of it, so wide and in that light

It takes what ./bootstrap --test installs.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from service import PUPPET, Service  # noqa: E402
from test_live_page import Browser  # noqa: E402


def main(out, *more):
    views = zip(more[::3], map(int, more[1::3]), more[2::3])
    with Service(PUPPET, "--name", "optimizer", min_replicas=2, max_replicas=10) as service, Browser() as page:
        page("open", url=f"http://127.0.0.1:{service.admin_port}/")
        page("look", width=1100, height=1160, scheme="light")
        page.wait("document.querySelectorAll('.uplot canvas').length === 2")
        page("evaluate", code="document.querySelector('.choice button').click()")  # one minute
        service.burst(60, "/sleep?ms=400")
        service.post("/code?status=422")
        time.sleep(15)
        requests = [service.begin("/sleep?ms=600") for _ in range(100)]
        page.wait("Number(document.querySelector('.figures dd strong').textContent) > 40")
        page.wait("Number(document.querySelector('.figures dd strong').textContent) < 60")
        page("shot", file=out, whole=False)
        for name, width, scheme in views:
            page("look", width=width, height=900, scheme=scheme)
            page("shot", file=name)
        for request in requests:
            request.answer()


main(*sys.argv[1:])
