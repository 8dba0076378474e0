"""A Python app as replicas of Tenfold: imported once, and each replica is a fork of the process that did it.

    tenfold up --python app:app          # ASGI or WSGI; runs `python3 -m tenfold app:app`

What a fork cannot share (connections, threads, seeded generators) belongs into a hook, which each replica calls before
it serves. `os.register_at_fork(after_in_child=...)` does too, without Tenfold.

    import tenfold

    @tenfold.after_fork
    def connect(): ...
"""

_hooks = []


def after_fork(hook):
    """Has each replica call `hook` before it serves, in the order of these calls; one that was not forked, too. Returns
    `hook`, so that this may be a decorator. One that raises ends the replica."""
    _hooks.append(hook)
    return hook


def run_after_fork():
    for hook in _hooks:
        hook()
