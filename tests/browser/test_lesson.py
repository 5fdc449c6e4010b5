"""Lesson 04 as a new user goes through it: open, run all, move a slider, step, branch."""


def test_lesson_04_can_be_played_with(open_lesson):
    """Run All, a slider that changes the figure, the player forwards and back, and a branch."""
    page = open_lesson("04")
    box = page.get_by_role("region", name="Player:").first
    box.wait_for(timeout=120_000)
    box.scroll_into_view_if_needed()
    said = box.get_by_role("status").first
    first = said.inner_text()
    box.get_by_role("button", name="Step forward").click()
    second = said.inner_text()
    assert second != first
    box.get_by_role("button", name="Step forward").click()
    assert said.inner_text() not in (first, second)
    box.get_by_role("button", name="Step back").click()
    assert said.inner_text() == second
    assert box.locator(".dl-chart").count() == 1
    box.get_by_role("button", name="crash ").first.click()
    box.get_by_role("status").filter(has_text="crashes").first.wait_for()
    assert box.locator(".dl-chart").count() == 2
    assert "the branch" in box.get_by_role("region", name="Comparison of branch and run").inner_text()

    picture = page.get_by_role("img", name="Election timeline").first
    picture.wait_for()
    picture.scroll_into_view_if_needed()
    before = picture.get_attribute("src")
    slider = page.get_by_role("slider", name="nodes").or_(page.locator(".widget-slider [role=slider]")).first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(
        """before => [...document.querySelectorAll('img')]
            .some(one => one.alt.startsWith('Election timeline') && one.src !== before)""",
        arg=before,
        timeout=60_000,
    )
