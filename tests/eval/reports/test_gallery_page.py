import json

import pytest

from rl2_mazes.eval.reports.markdown.gallery import Film, page_of, read_films, write_page


def film(group="grid", rank="best", length=(21, 3), success=(True, True)) -> Film:
    name = f"{group}_{rank}"
    return Film(group, "An agent.", rank, name, 7, list(length), list(success), [3, 3])


def test_the_page_shows_every_film_and_says_what_is_seen():
    page = page_of([film(), film(rank="reset", length=(9, 50), success=(True, False))])
    assert page.count("## grid\n\nAn agent.\n") == 1
    assert "](grid_best.webp)](grid_best.mp4)" in page
    assert "](grid_reset.webp)](grid_reset.mp4)" in page
    assert (
        "Trial 7. Episode 1 reaches the target after 21 steps (the shortest way has 3). "
        "Episode 2 reaches the target after 3 steps (the shortest way has 3)." in page
    )
    assert "Episode 2 does not find the target in 50 steps" in page


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
