import io

import numpy as np
import pandas as pd
import pytest

from distlab import metrics
from distlab.course import claims
from distlab.plots import bars, cdf, comparison, curve, message_counts
from distlab.sweep import sweep


def scenario(n, algorithm, seed):
    """2n for Bully, n for Raft, and a little noise."""
    return n * {"Bully": 2.0, "Raft": 1.0}[algorithm] + seed / 10


@pytest.fixture
def swept():
    """A table as distlab.sweep makes it."""
    return sweep(scenario, {"n": [3, 5, 7], "algorithm": ["Bully", "Raft"]}, seeds=5, progress=False)


def test_counts_by_type_beside_a_formula(look):
    """A bar per type, with its number, and a line where the formula says it should end."""
    ax = message_counts({"Election": 10, "Alive": 6, "Victory": 4}, {"Election": 10, "Victory": 3})
    assert [bar.get_width() for bar in ax.patches] == [10, 6, 4]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["Election", "Alive", "Victory"]
    assert [text.get_text() for text in ax.texts] == ["10", "6", "4"]
    assert [line.get_segments()[0][0][0] for line in look.marked(ax, "formula")] == [10, 3]
    assert look.legend(ax) == ["measured", "formula"]
    assert ax.get_xlabel() == "messages"
    assert len({bar.get_hatch() for bar in ax.patches}) == 3


def test_counts_of_a_trace(asking):
    """The table of distlab.metrics can be drawn as it is."""
    ax = message_counts(metrics.message_counts(asking()), log=True)
    assert [bar.get_width() for bar in ax.patches] == [6, 6]
    assert ax.get_xscale() == "log"


def test_counts_over_n_beside_a_formula(look):
    """Curves over n, and the formula in every n."""
    ax = message_counts({"worst": {3: 9, 5: 25}, "best": {3: 1, 5: 3}}, {"n²": lambda n: n * n}, log=True)
    assert look.legend(ax) == ["worst", "best", "n²"]
    assert look.marked(ax, "formula")[0].get_ydata().tolist() == [9, 25]
    assert ax.lines[0].get_ydata().tolist() == [9, 25]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("number of nodes n", "messages", "log")
    assert ax.yaxis.get_major_formatter()(1000, 0) == "1,000"


def test_counts_that_cannot_be_drawn():
    """Nothing, or a formula of something else, is answered by a sentence."""
    with pytest.raises(ValueError, match="counts must hold at least one"):
        message_counts({})
    with pytest.raises(ValueError, match="formula names 'Elect', but the bars are: Election"):
        message_counts({"Election": 1}, {"Elect": 1})
    with pytest.raises(ValueError, match=r"formula must be .type: expected number. for bars"):
        message_counts({"Election": 1}, lambda n: n)


def test_a_cdf_reaches_the_share_that_ended(look):
    """A curve steps up by 1/count at each sample; what never ended is missing at the top."""
    ax = cdf({"a": [0.3, 0.1, 0.2], "b": [0.1, float("inf"), float("nan"), 0.2]})
    (a,), (b,) = ([line for line in ax.lines if line.get_label() == label] for label in "ab")
    assert a.get_xdata().tolist() == pytest.approx([100, 100, 200, 300])
    assert a.get_ydata().tolist() == pytest.approx([0, 100 / 3, 200 / 3, 100])
    assert b.get_ydata()[-1] == 50
    assert look.legend(ax) == ["a: median 200 ms, 3 runs", "b: no median, 4 runs, 2 never ended"]
    assert a.get_linestyle() != b.get_linestyle() or a._dash_pattern != b._dash_pattern
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (ms)", "share of runs (%)")


def test_published_figures_stand_in_a_cdf(look):
    """A published median is a ring at 50 %, another share stands where it belongs."""
    ax = cdf([0.2, 0.4], published={"median": 0.287, "worst": (0.513, 1.0)}, unit="s", what="downtime")
    rings = [(line.get_xdata()[0], line.get_ydata()[0]) for line in look.marked(ax, "published")]
    assert rings == [(0.287, 50.0), (0.513, 100.0)]
    assert "published: median (0.287 s)" in look.legend(ax)
    assert ax.get_xlabel() == "downtime (s)"


def test_a_cdf_needs_samples_and_a_unit():
    """No samples, or a unit that is not known, is answered by a sentence."""
    with pytest.raises(ValueError, match="at least one time for 'a'; it is empty"):
        cdf({"a": []})
    with pytest.raises(ValueError, match='unit must be one of "s", "ms" and "us"'):
        cdf([1.0], unit="h")


def test_grouped_bars_have_intervals(swept):
    """A bar per row, in groups; error bars are the confidence intervals of the sweep."""
    ax = bars(swept, "n", by="algorithm", ylabel="time (s)")
    heights = {round(bar.get_height(), 9) for bar in ax.patches}
    assert heights == {round(value, 9) for value in swept["mean"]}
    ends = sorted(
        tuple(segment[:, 1]) for found in ax.collections for segment in getattr(found, "get_segments", list)()
    )
    expected = sorted(zip(swept["ci_low"], swept["ci_high"], strict=True))
    assert np.allclose(ends, expected)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["3", "5", "7"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Bully", "Raft"]
    assert ax.get_title(loc="left") == "Time by n"


def test_bars_that_would_cover_each_other(swept):
    """Two rows for one bar are an error that says what to do."""
    with pytest.raises(ValueError, match=r"several rows for n = 3 in .*name their column in by="):
        bars(swept, "n")


def test_curves_have_bands(swept, look):
    """A curve per group with its confidence interval as a band, and the formula under it."""
    ax = curve(swept, "n", by="algorithm", ylabel="time (s)", formula={"2n": lambda n: 2 * n}, scale=1000)
    assert look.legend(ax) == ["Bully", "Raft", "2n"]
    bully = swept[swept["algorithm"] == "Bully"]
    assert ax.lines[0].get_ydata().tolist() == pytest.approx((1000 * bully["mean"]).tolist())
    assert look.marked(ax, "formula")[0].get_ydata().tolist() == [6000, 10000, 14000]
    bands = look.marked(ax, "interval")
    assert len(bands) == 2
    box = bands[0].get_paths()[0].get_extents()
    assert box.y0 == pytest.approx(1000 * bully["ci_low"].min())
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()


def test_columns_that_are_not_there(swept):
    """A wrong column is answered by the list of those that exist."""
    with pytest.raises(
        ValueError, match="x names 'm', which is no column; the columns are: 'n', 'algorithm'"
    ):
        curve(swept, "m")
    with pytest.raises(ValueError, match="y='algorithm' must be a column of numbers"):
        curve(swept, "n", "algorithm")
    with pytest.raises(ValueError, match='log must be False, True, "x", "y" or "both"'):
        curve(swept, "n", by="algorithm", log="z")


def test_a_comparison_table_holds_every_word():
    """The lecture's table is drawn with all of its text, wrapped within its column."""
    frame = claims(4).frame(lang="en")
    ax = comparison(frame, title="Elections")
    ax.figure.canvas.draw()
    cells = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert cells == ["", *frame.columns, *[text for key, row in frame.iterrows() for text in (key, *row)]]
    box = ax.get_window_extent()
    places = np.reshape([text.get_window_extent().extents for text in ax.texts], (len(frame) + 1, -1, 4))
    assert (places[:, :-1, 2] < places[:, 1:, 0]).all()
    assert (places[:-1, :, 1].min(axis=1) > places[1:, :, 3].max(axis=1)).all()
    assert places[:, -1, 2].max() <= box.x1
    assert ax.figure.get_figwidth() <= 10


def test_a_comparison_table_is_english():
    """Figures have no Chinese font, and say so instead of drawing boxes."""
    with pytest.raises(ValueError, match="frame must be in English"):
        comparison(claims(4).frame(lang="zh"))
    with pytest.raises(ValueError, match="at least one row"):
        comparison(pd.DataFrame())


def test_the_same_table_gives_the_same_bytes(swept):
    """Drawing twice gives the same pictures, byte for byte."""
    for draw in (
        lambda: bars(swept, "n", by="algorithm"),
        lambda: curve(swept, "n", by="algorithm"),
        lambda: comparison(swept.round(2)),
        lambda: cdf([0.1, 0.2]),
        lambda: message_counts({"a": 1}),
    ):
        files = []
        for _ in range(2):
            files.append(io.BytesIO())
            draw().figure.savefig(files[-1], format="png")
        assert files[0].getvalue() == files[1].getvalue()
