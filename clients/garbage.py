"""When Python looks for garbage: seldom, as a page leaves hardly any that does not go by itself."""

import gc

USUAL = gc.get_threshold()


def collect_seldom() -> None:
    """For a process that answers pages, once it has started.

    What the start has made lives as long as the process: no collection need walk over it again.
    And a page makes tens of thousands of rows and words that are gone with it, so that walking
    over them every two thousand, which is the default, cost a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


def collect_as_usual() -> None:
    gc.unfreeze()
    gc.set_threshold(*USUAL)
