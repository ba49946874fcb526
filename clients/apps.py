from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ClientsConfig(AppConfig):
    name = "clients"
    verbose_name = "Clients and access"
    default = True


class OpsAdminConfig(AdminConfig):
    """Django's admin, opened and closed by roles instead of by a staff flag."""

    default_site = "clients.site.OpsAdminSite"
