"""Maps of the walking network: where a kind of user is stopped, and the jobs of a plan on it; pages that need no network."""

from toegankelijk.network_maps.gains import draw_gains
from toegankelijk.network_maps.jobs import show_jobs
from toegankelijk.network_maps.reached import draw_reach, network_title, show_network

__all__ = ["draw_gains", "draw_reach", "network_title", "show_jobs", "show_network"]
