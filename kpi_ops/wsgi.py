import os

from django.core.wsgi import get_wsgi_application

from clients.garbage import collect_seldom
from kpi_ops.lifeline import watch_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_ops.settings")
# A server keeps its connections; a command needs one, and migrations change its role.
os.environ.setdefault("DATABASE_POOL", "10")

if os.environ.get("KPI_OPS_STOP_WITH_PARENT"):
    # Left alone, a worker would keep the port, and the next start would find it taken.
    watch_parent(lambda: os._exit(1))

application = get_wsgi_application()
collect_seldom()
