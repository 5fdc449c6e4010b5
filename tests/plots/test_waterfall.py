from itertools import pairwise

import pytest

from distlab.communication import stack
from distlab.plots.waterfall import waterfall
from distlab.sim import Crash, LossBurst


def test_a_bar_per_span_and_the_sum_in_the_legend(look):
    """Filled bars add up to the response time; the legend says how much each layer takes."""
    ax = waterfall(stack.spans(stack.one_request()), layers=stack.LAYERS)
    path = look.marked(ax, "path")
    assert len(path) == 8
    assert len(look.marked(ax, "aside")) == 4
    assert sum(bar.get_width() for bar in path) == pytest.approx(24)
    assert look.legend(ax) == [
        "communication: 8 ms (33%)",
        "storage: 6 ms (25%)",
        "computing: 10 ms (42%)",
        "nobody waits for it",
    ]
    assert ax.get_title(loc="left") == "Trace of request 1: 24 ms"
    assert ax.get_xlabel() == "time since the request came (ms)"


def test_the_bars_of_the_path_follow_each_other(look):
    """Each filled bar begins where the one before it ends, one lane or more below."""
    path = look.marked(waterfall(stack.spans(stack.one_request())), "path")
    for one, other in pairwise(path):
        assert one.get_x() + one.get_width() == pytest.approx(other.get_x())
        assert one.get_y() < other.get_y()


def test_lanes_are_named_after_what_was_done():
    """From the top down, in the order of their beginning."""
    spans = stack.spans(stack.one_request())
    names = [text.get_text() for text in waterfall(spans).get_yticklabels()]
    assert names == spans.what.tolist()


def test_a_lost_message_has_a_cross(look):
    """Where it would have arrived, with what became of it."""
    fault = LossBurst(1.0, at=0.021, until=0.023, sender="server")
    ax = waterfall(stack.spans(stack.one_request(faults=[fault])), layers=stack.LAYERS)
    [cross] = look.marked(ax, "lost")
    assert cross.get_xdata()[0] == pytest.approx(24)
    assert "lost" in [text.get_text() for text in ax.texts]
    assert look.legend(ax)[-1] == "never arrived"


def test_a_request_without_a_response_says_so(look):
    """All its spans lie beside the path that never was."""
    faults = [Crash("store 2", at=0.0), Crash("store 3", at=0.0)]
    ax = waterfall(stack.spans(stack.one_request(faults=faults)))
    assert ax.get_title(loc="left") == "Trace of request 1: no response"
    assert look.marked(ax, "path") == look.marked(ax, "end") == []


def test_a_layer_keeps_its_colour_whatever_else_is_there():
    """With all layers named, a request that waited looks like one that did not."""
    spans = stack.spans(stack.serve(rate=100.0, until=0.5, seed=1))
    waited = spans.query("layer == 'resources'").request.iloc[0]
    plain, busy = (waterfall(spans[spans.request == n], layers=stack.LAYERS) for n in (1, waited))
    colours = []
    for ax in (plain, busy):
        [patch] = [p for p in ax.get_legend().get_patches() if p.get_label().startswith("computing")]
        colours.append(patch.get_facecolor())
    assert colours[0] == colours[1]
    assert busy.get_legend().get_patches()[0].get_label().startswith("resources")


def test_time_begins_with_the_request():
    """A request that comes later is drawn from 0, too."""
    spans = stack.spans(stack.serve(rate=20.0, until=1.0, seed=1))
    last = spans[spans.request == spans.request.max()]
    ax = waterfall(last)
    assert last.start.min() > 0.1
    assert min(bar.get_x() for bar in ax.patches) == pytest.approx(0)


def test_spans_that_cannot_be_drawn():
    """None, those of several requests, a column or a layer too few: a sentence each."""
    spans = stack.spans(stack.serve(rate=20.0, until=1.0, seed=1))
    one = spans[spans.request == 1]
    with pytest.raises(ValueError, match="must be those of one request; they are of the requests 1, 2"):
        waterfall(spans)
    with pytest.raises(ValueError, match="must hold at least one span"):
        waterfall(one[:0])
    with pytest.raises(ValueError, match="'on_path', which is no column"):
        waterfall(one.drop(columns="on_path"))
    with pytest.raises(ValueError, match="layers must name all layers of the spans; 'computing' is missing"):
        waterfall(one, layers=["communication", "storage"])
