"""Metrics in the text format of Prometheus, for the textfile collector of its agent.

Each metric has a value and no timestamp, and no two have the same name and labels.
https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
https://github.com/prometheus/node_exporter#textfile-collector
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alembic_zdt.printable import printable

Labels = Mapping[str, str]
AGAIN = "occurrence"
"""The label of a second, third, ... object that has the same names."""
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


@dataclass
class Gauges:
    """Gauges of one command, in the order of their help texts.

    Attributes:
        helps: the name of each gauge, with what it means.
        values: the values of each gauge, with their labels.
    """

    helps: Mapping[str, str]
    values: dict[str, list[tuple[Labels, float]]] = field(default_factory=dict)

    def add(self, name: str, value: float | None, labels: Labels) -> None:
        """Add a value, unless it is unknown."""
        if value is not None:
            self.values.setdefault(name, []).append((labels, value))

    def as_text(self) -> str:
        """Return all gauges that have a value, without the last line break."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name, meaning in self.helps.items():
            values = self.values.get(name, ())
            if not values:
                continue
            yield f"# HELP {name} {meaning.translate(_HELP_ESCAPES)}"
            yield f"# TYPE {name} gauge"
            labels = distinct(labels for labels, _ in values)
            for each, (_, value) in zip(labels, values, strict=True):
                yield f"{name}{_in_braces(each)} {value}"


def distinct(labels: Iterable[Labels]) -> Iterator[Labels]:
    """Yield labels, and number those that come again with one more label.

    Invisible characters are written as escapes, because a terminal interprets some.
    An empty label is left out, which means the same to Prometheus.
    """
    seen: Counter[tuple[tuple[str, str], ...]] = Counter()
    for each in labels:
        shown = {k: printable(v, keep="\n\t") for k, v in each.items() if v}
        key = tuple(sorted(shown.items()))
        seen[key] += 1
        yield shown if seen[key] == 1 else {**shown, AGAIN: str(seen[key])}


def _in_braces(labels: Labels) -> str:
    pairs = (f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
    return f"{{{','.join(pairs)}}}" if labels else ""
