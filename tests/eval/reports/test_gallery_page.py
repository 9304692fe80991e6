import json
from dataclasses import replace

import pytest

from rl2_mazes.eval.reports.markdown.gallery import Film, page_of, read_films, write_page


def film(group="grid", rank="best", length=(21, 3), success=(True, True)) -> Film:
    name = f"{group}_{rank}"
    return Film(group, "An agent.", rank, name, 7, list(length), list(success), [3, 3])


def test_the_page_shows_every_film_and_says_what_is_seen():
    page = page_of([film(), film(rank="reset", length=(9, 50), success=(True, False))])
    assert page.count("## grid\n\nAn agent.\n") == 1
    title = "Both episodes: the trial with the lowest length ratio"
    assert f"[![{title}](grid_best_still.webp)](grid_best.mp4)" in page
    assert "](grid_reset_still.webp)](grid_reset.mp4)" in page
    assert (
        "Trial 7. Episode 1 reaches the target after 21 steps (shortest path: 3). "
        "Episode 2 reaches the target after 3 steps (shortest path: 3)." in page
    )
    assert "Episode 2 does not find the target in 50 steps" in page


def test_a_webp_is_shown_and_an_mp4_is_linked_to():
    shown, linked = replace(film(), format="webp"), film()
    assert (
        "\n![Both episodes: the trial with the lowest length ratio](grid_best.webp)\n"
        in page_of([shown])
    )
    assert "mp4)" not in page_of([shown])
    assert (shown.file, shown.still) == ("grid_best.webp", None)
    assert shown.other_files == [linked.file, linked.still]
    assert linked.other_files == [shown.file]


def test_a_section_names_its_command():
    page = page_of([replace(film(), command="rl2 gallery agents=[a]")])
    assert "An agent.\n\n```\nrl2 gallery agents=[a]\n```\n" in page
    assert "```" not in page_of([film()])


def test_a_later_call_replaces_its_own_films_alone(tmp_path):
    write_page(tmp_path, [film("grid"), film("grid", "worst")])
    write_page(tmp_path, [film("walk")])
    page = write_page(tmp_path, [film("grid", length=(8, 5))])
    assert read_films(tmp_path) == [film("walk"), film("grid", length=(8, 5))]
    assert page == tmp_path / "README.md"
    assert page.read_text() == page_of(read_films(tmp_path))
    assert "grid_worst" not in page.read_text()


@pytest.mark.parametrize("text", ["no json", json.dumps([{"group": "grid"}]), "3"])
def test_another_file_of_that_name_is_left_alone(text, tmp_path):
    record = tmp_path / "films.json"
    record.write_text(text)
    with pytest.raises(ValueError, match=r"films.json is not a gallery's list of films; delete"):
        write_page(tmp_path, [film()])
    assert record.read_text() == text
