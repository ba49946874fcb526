"""Ends this process when the one that started it is gone, kill -9 included."""

import os
import threading
import time
from collections.abc import Callable


def watch_parent(when_gone: Callable[[], None], *, seconds: float = 0.5) -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        when_gone()

    threading.Thread(target=watch, daemon=True, name="lifeline").start()
