"""Charts as SVG made here: no script, no style of their own, and the numbers below them as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from pydb.web.show import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAYS: Final = 30
_WIDTH: Final = 640
_HEIGHT: Final = 150
_LEFT: Final = 58
_BOTTOM: Final = 20
_TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values, one for each label; None = not known."""

    name: str
    values: Sequence[int | None]


def by_day(history: Sequence[Mapping[str, object]]) -> tuple[list[str], dict[str, list[Series]]]:
    """The last days, those on which nothing was counted too; no day if there is nothing to show."""
    if not history:
        return [], {}
    today = datetime.now(UTC).date()
    known = {row["day"]: row for row in history}
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]

    def values(name: str) -> list[int | None]:
        return [value if isinstance(value := known.get(day, {}).get(name), int) else None for day in days]

    return [f"{day:%b %d}" for day in days], {
        "backlog": [Series("rows left at the end of the day's last run", values("left_over"))],
        "flow": [Series("rows that became due", values("came")), Series("rows deleted", values("gone"))],
    }


def bars(title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "rows") -> Markup:
    """Bars side by side, one group a label; below them a table for who cannot see them."""
    most = max((value or 0 for one in series for value in one.values), default=0)
    top = _nice(most)
    wide = (_WIDTH - _LEFT) / max(len(labels), 1)
    each = wide * 0.8 / max(len(series), 1)
    drawn: list[Markup] = [_frame(top, labels, wide)]
    for place, one in enumerate(series):
        for at, value in enumerate(one.values):
            if value:
                high = value / top * (_HEIGHT - _TOP - _BOTTOM)
                drawn.append(
                    Markup('<rect class="s{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                        place, _LEFT + at * wide + wide * 0.1 + place * each, _HEIGHT - _BOTTOM - high,
                        max(each - 0.5, 0.5), high,
                    )
                )  # fmt: skip
    return _figure(title, labels, series, Markup("").join(drawn), unit)


def _nice(most: int) -> int:
    """The top of an axis: 1, 2 or 5 and zeros."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= max(most, 1):
                return step * factor
        step *= 10


def _frame(top: int, labels: Sequence[str], wide: float) -> Markup:
    drawn: list[Markup] = []
    for value in (0, top / 2, top):
        y = _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)
        drawn.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
                '<text x="{}" y="{:.1f}" text-anchor="end">{}</text>'
            ).format(_LEFT, _WIDTH, y, y, _LEFT - 6, y + 4, _short(value))
        )
    every = max(len(labels) // 5, 1)
    for at, label in enumerate(labels):
        if at % every == 0 and at + every // 2 < len(labels):
            drawn.append(
                Markup('<text x="{:.1f}" y="{}">{}</text>').format(_LEFT + at * wide, _HEIGHT - 4, label)
            )
    return Markup("").join(drawn)


def _short(value: float) -> str:
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + unit
    return f"{value:.1f}".removesuffix(".0")


def _figure(title: str, labels: Sequence[str], series: Sequence[Series], drawn: Markup, unit: str) -> Markup:
    keys = Markup("").join(
        Markup('<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="s{}" width="10"'
               ' height="10"/></svg> {}</li>').format(place, one.name)
        for place, one in enumerate(series)
    )  # fmt: skip
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(one.name) for one in series)
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            label,
            Markup("").join(
                Markup('<td class="right">{}</td>').format(number(one.values[at])) for one in series
            ),
        )
        for at, label in reversed(list(enumerate(labels)))
    )
    return Markup(
        '<figure><figcaption>{title}</figcaption><ul class="keys">{keys}</ul>'
        '<svg class="chart" role="img" viewBox="0 0 {w} {h}" aria-label="{title}">{drawn}</svg>'
        "<details><summary>The numbers of: {title}</summary>"
        '<div class="scroll" role="region" aria-label="{title}, {unit}" tabindex="0"><table class="figures">'
        '<thead><tr><th scope="col">day</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        "</details></figure>"
    ).format(title=title, keys=keys, w=_WIDTH, h=_HEIGHT, drawn=drawn, head=head, body=body, unit=unit)
