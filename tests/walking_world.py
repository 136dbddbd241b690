"""The walking sample, screened and planned once for all tests that look at it."""

from functools import cache

import toegankelijk as tg
from toegankelijk.planning.plan import Plan, plan_works
from toegankelijk.screening import Screening
from toegankelijk.screening.plans import CityPlan, plan_city

from .screenings import screen_once


@cache
def walked() -> Screening:
    """The district in which it is known who gets where on foot."""
    return screen_once(tg.sample_city("walking"))


@cache
def planned() -> CityPlan:
    """Its plan within the budget of its city.toml."""
    return plan_city(walked())


def plan(**choices: object) -> Plan:
    """A plan of the district by other choices; nothing of its city.toml holds but what is not given."""
    screening = walked()
    given = {"worth": {}, "minimum": {}, "weight": {}, **choices}
    return plan_works(screening.weighed, screening.city, screening.walking, **given)
