"""What a call or a city asks of a plan: budgets, least shares and weights, refused where they name what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from toegankelijk import schema
from toegankelijk.errors import ConfigError

Budget = Mapping[str, float | Mapping[str, float]]
"""Term or year to euros, for all services together or per service."""

Choices = Mapping[str, Mapping[str, float]]
"""Division (``zone``, or a division of the city) to area to a number."""

ZONE = "zone"
"""Division into woonzorgzones."""


def read_budget(budget: Any) -> Budget:
    """A budget as a call gives it, with its terms and years as text."""
    if not isinstance(budget, Mapping):
        raise ConfigError(
            f"budget: {budget!r} does not say when; give euros per term (KT, MLT, LT) or year, such as {{'KT': 250000}}"
        )
    amounts = {
        f"{term} {service}".strip(): amount
        for term, given in budget.items()
        for service, amount in (given.items() if isinstance(given, Mapping) else [("", given)])
    }
    if wrong := [
        f"budget: {where}: {amount!r} is no number" for where, amount in amounts.items() if not isinstance(amount, Real)
    ]:
        raise ConfigError("the plan cannot be made as it is asked", wrong)
    return {str(term): given for term, given in budget.items()}


def check_asked(budget: Budget, worth: Mapping[str, float], minimum: Choices, weight: Choices, city: schema.City) -> None:
    """Refuse terms, divisions and areas that are not there, and a plan without a budget; all faults at once."""
    problems = []
    if not budget:
        raise ConfigError("no budget: give [planning.budget] in city.toml, or --budget KT=250000")
    known = {"KT", "MLT", "LT"}
    problems += [
        f"budget: {term!r} is no term (KT, MLT, LT) and no year"
        for term in budget
        if term not in known and not str(term).isdigit()
    ]
    problems += [f"worth: {term!r} has no budget" for term in worth if term not in budget]
    divisions = {ZONE: city.zones, **city.districts}
    for name, choices in (("minimum", minimum), ("weight", weight)):
        for division, areas in choices.items():
            if division not in divisions:
                problems.append(f"{name}: {division!r} is no division; known are {', '.join(sorted(divisions))}")
                continue
            problems += [f"{name}: {division} has no area {area!r}" for area in areas if area not in divisions[division].index]
    if problems:
        raise ConfigError("the plan cannot be made as it is asked", problems)


def check_services(budget: Budget, services: Mapping[str, str]) -> None:
    """Refuse a budget of services that the norm does not know; none are known of works that nobody weighed by a norm."""
    named = [(term, one) for term, given in budget.items() if isinstance(given, Mapping) for one in given]
    if lines := [f"budget: {term} names the service {one!r}" for term, one in named if services and one not in services]:
        raise ConfigError(f"services are not known; known are {', '.join(sorted(services))}", lines)
