import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_ops.settings")
# A server keeps its connections; a command needs one, and migrations change its role.
os.environ.setdefault("DATABASE_POOL", "10")

application = get_wsgi_application()
