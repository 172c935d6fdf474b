"""Amplification over truncation as a picture: what makes single images better moves shares too."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan_jax.evaluation.findings import Finding
from gan_jax.sampling.export import replacing


def draw(swept: Sequence[tuple[dict[str, Any], Finding]], out: Path) -> None:
    """Draws log odds against the training data, with intervals, at each setting of a sweep; 0 is no bias."""
    swept = [pair for pair in swept if pair[1].name.startswith("amplification/")]
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    words = list(dict.fromkeys(finding.name for _, finding in swept))
    for number, word in enumerate(words):
        of_word = [finding for _, finding in swept if finding.name == word]
        x = [place + 0.05 * (number - (len(words) - 1) / 2) for place in range(len(of_word))]  # side by side
        value = [finding.value for finding in of_word]
        below = [float("nan") if finding.low is None else finding.value - finding.low for finding in of_word]
        above = [float("nan") if finding.high is None else finding.high - finding.value for finding in of_word]
        label = word.removeprefix("amplification/").replace("$", r"\$")
        axes.errorbar(x, value, yerr=(below, above), marker="o", capsize=3, label=label)
    axes.axhline(0, color="grey", linewidth=1)
    settings = [settings for settings, finding in swept if finding.name == words[0]]
    names = [", ".join(f"{name} {value:g}" for name, value in each.items()) or "default" for each in settings]
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("log odds against the training data")
    axes.legend(fontsize=8)
    with replacing(out) as temporary:
        figure.savefig(temporary, dpi=110)
