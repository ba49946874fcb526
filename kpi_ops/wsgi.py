import gc
import os

from django.core.wsgi import get_wsgi_application

from kpi_ops.lifeline import watch_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_ops.settings")
# A server keeps its connections; a command needs one, and migrations change its role.
os.environ.setdefault("DATABASE_POOL", "10")

if os.environ.get("KPI_OPS_STOP_WITH_PARENT"):
    # Left alone, a worker would keep the port, and the next start would find it taken.
    watch_parent(lambda: os._exit(1))

application = get_wsgi_application()
# What the start has made lives as long as the worker: no collection need walk over it again. And a
# page makes tens of thousands of rows and words that are gone with it, so that walking over them
# every two thousand, which is the default, cost a tenth of its time.
gc.collect()
gc.freeze()
gc.set_threshold(100_000, 10, 10)
