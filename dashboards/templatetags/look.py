"""How a band looks, for the partials."""

from django import template

from dashboards.charts import BANDS, Band, BandLook

register = template.Library()


@register.filter
def band_look(band: str | None) -> BandLook:
    """Class, mark and word of a band; anything unknown is grey."""
    return BANDS.get(band or "", BANDS[Band.NONE])
