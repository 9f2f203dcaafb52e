"""Metrics of the commands, held to what the textfile collector accepts."""

from __future__ import annotations

import io
import re

from prometheus_client.parser import text_fd_to_metric_families

LINE = re.compile(
    r'zdt_[a-z_]+(\{[a-z_]+="(\\\\|\\"|\\n|[^"\\\n])*"(,[a-z_]+="(\\\\|\\"|\\n|[^"\\\n])*")*\})?'
    r" -?[0-9.e+-]+"
)
"""A sample with a prefix, escaped labels and no timestamp."""
UNITS = ("_seconds", "_ratio", "_bytes", "_info")

Sample = tuple[str, frozenset[tuple[str, str]]]


def metrics(text: str) -> dict[Sample, float]:
    """Name and labels of each sample -> its value.

    Raises:
        AssertionError: node_exporter would not take the text, or complain.
    """
    lines = text.removesuffix("\n").split("\n")
    comments = [line.split(" ", 3)[1:3] for line in lines if line.startswith("#")]
    for line in lines:
        assert line.startswith("# ") or LINE.fullmatch(line), line
    found: dict[Sample, float] = {}
    families = list(text_fd_to_metric_families(io.StringIO(text)))
    for family in families:
        assert family.type == "gauge", family
        assert family.documentation, family
        assert family.samples, family
        for sample in family.samples:
            assert sample.name == family.name
            assert sample.timestamp is None
            assert not ({*sample.labels} & {"job", "instance", "le", "quantile"})
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, f"twice: {key}"
            found[key] = sample.value
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    assert comments == [[what, name] for name in names for what in ("HELP", "TYPE")]
    return found


def of(found: dict[Sample, float], name: str, **labels: str) -> float:
    """The value of a metric with just these labels."""
    return found[f"zdt_{name}", frozenset(labels.items())]
