"""Whatever is changed in a submission, its check says so in one line."""

import json
import shutil

import numpy as np
import pytest
from support.programs import run

from rl2_mazes.eval.leaderboard.check import check_all, faults
from rl2_mazes.eval.leaderboard.submission import FOLDER, files

PROGRAM = "rl2_mazes.eval.leaderboard_page"


def test_the_committed_submissions_pass_and_the_page_is_theirs(tmp_path):
    found = files(FOLDER)
    assert len(found) > 0
    done = run(tmp_path, PROGRAM, "check=true")
    assert done.stdout.startswith(f"{len(found)} submissions and leaderboard.md are as they should")


@pytest.mark.parametrize("name", ["grid", "bandits"])
def test_what_an_evaluation_writes_passes(changed, name):
    assert list(faults(changed(name))) == []


def put(*path, value):
    """A change of one claim, by its keys."""

    def change(found):
        *parents, last = path
        for key in parents:
            found = found[key]
        found[last] = value

    return change


CLAIMS = {
    "a figure": (
        put("figures", "length_ratio", value=0.5),
        "figures.length_ratio is 0.5; the record gives",
    ),
    "a figure of an episode": (
        put("figures", "success", 1, value=0.999),
        "figures.success is [0.",
    ),
    "a figure too many": (put("figures", "score", value=1), "figures.score does not follow"),
    "the checksum": (put("record", value="0" * 64), "record is not the SHA-256 of grid.npz"),
    "a track that is none": (put("track", value="smal"), "did you mean small?"),
    "another track": (
        put("track", value="large"),
        "suite.tasks.rooms is 3; in the track large it must be 5",
    ),
    "a track that the training contradicts": (
        put("training", "labels", value=True),
        "training.labels is true; in the track small it must be false",
    ),
    "a map in a track of agents without": (
        put("training", "map", value=True),
        "training.map is true; in the track small it must be false",
    ),
    "a fact that is not stated": (
        put("training", "critic", value=None),
        "training.critic is not stated; in the track small it must be false",
    ),
    "the evaluation's seed": (put("seed", value=1), "evaluation.seed is 1"),
    "the mazes' seed": (put("suite", "tasks", "seed", value=1), "suite.tasks.seed is 1"),
    "the split": (put("suite", "tasks", "split", value="train"), "suite.tasks.split is train"),
    "the horizon": (put("suite", "rules", "horizon", value=60), "suite.warning is suite.rules.hor"),
    "a reward": (put("suite", "rules", "step_penalty", value=0.0), "suite.rules.step_penalty is 0"),
    "the trials": (put("trials", value=200), "suite.tasks.num_mazes is not trials, 200"),
    "the episodes": (put("episodes", value=3), "episodes is 3; the suite has 2"),
    "the simulator": (put("engine", value="Doom"), "engine is 'Doom'; it must be one of"),
    "markup": (put("agent", value="<b>|"), "agent is '<b>|'; it must be up to 80 letters"),
    "a link": (put("link", value="javascript:x"), "link is 'javascript:x'; it must be an address"),
    "an agent that is not published": (put("pretrained", value="a"), "has no such agent"),
    "an object of a plug-in": (
        put("suite", "tasks", "generator", value="os.path:join"),
        "'os.path:join' is of a plug-in",
    ),
    "a key": (put("score", value=1), "has an unknown key score"),
    "a type": (put("trials", value="many"), "trials is 'many'; it must be a whole number"),
    "the format": (put("format", value="1"), "format is '1'; it must be 'rl2-leaderboard/1'"),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_a_changed_claim_is_refused_in_one_line(changed, case):
    claims, line = CLAIMS[case]
    sealed = case != "the checksum"
    found = list(faults(changed(claims=claims, sealed=sealed)))
    assert len(found) == 1, found
    assert line in found[0]
    assert "\n" not in found[0]


def lengths(arrays):
    """The second episode of a trial gives a step to the first; both succeed."""
    trial = int((arrays["success"].all(1) & (arrays["length"][:, 1] > 1)).argmax())
    arrays["length"][trial] += [1, -1]


def a_success_at_the_horizon(arrays):
    trial, episode = np.argwhere(~arrays["success"])[0]
    arrays["success"][trial, episode] = True


def actions(arrays):
    arrays["actions"] = arrays["actions"][::-1]


RECORDS = {
    lengths: "episodes end otherwise when their actions run again; the first is in trial",
    a_success_at_the_horizon: "1 of 200 episodes end otherwise when their actions run again",
    actions: "episodes end otherwise when their actions run again",
    lambda a: a.update(episode_return=a["episode_return"] + 1): "200 of 200 episodes end otherwise",
    lambda a: a.update(shortest=a["shortest"] - 1): "trial 0 has shortest paths of",
    lambda a: a.update(tasks=a["tasks"][::-1]): "tasks are not 0 to 99, in order",
    lambda a: a.update(success=~a["success"]): "a failure of fewer steps than the horizon, 50",
    lambda a: a.update(actions=a["actions"] + 1): "an action that is not below 3",
    lambda a: a.update(actions=a["actions"][1:]): "grid.npz is damaged: actions has the shape",
    lambda a: a.update(success=a["success"] + 0): "grid.npz is damaged: success is of type",
    lambda a: a.pop("tasks"): "grid.npz has no 'tasks'",
}


@pytest.mark.parametrize("change", RECORDS)
def test_a_changed_record_is_refused_in_one_line_even_with_its_checksum(changed, change):
    found = list(faults(changed(arrays=change)))
    assert len(found) == 1, found
    assert RECORDS[change] in found[0]
    assert "\n" not in found[0]


def test_a_changed_record_is_refused_by_its_checksum(changed):
    found = list(faults(changed(arrays=actions, sealed=False)))
    assert found == ["record is not the SHA-256 of grid.npz; the file was changed or replaced"]


def test_rewards_of_bandits_are_drawn_again(changed):
    def richer(arrays):
        arrays["episode_return"] = arrays["episode_return"] + np.float32(1)

    (line,) = faults(changed("bandits", arrays=richer))
    assert "1000 of 1000 episodes end otherwise" in line
    (line,) = faults(changed("bandits", claims=put("figures", "mean", value=9.0)))
    assert line.startswith("figures.mean is 9.0; the record gives ")


def test_one_per_cent_of_the_engines_episodes_may_differ(changed):
    def few(arrays):
        a_success_at_the_horizon(arrays)

    def engine(found):
        found["engine"] = "ViZDoom"

    found = list(faults(changed(claims=engine, arrays=few)))
    assert all(line.startswith("figures.") for line in found), "1 of 200 is within the tolerance"
    (line,) = faults(changed(claims=engine, arrays=actions))
    assert "(1% may)" in line


def test_a_record_belongs_to_one_submission(submitted, changed):
    file = changed()
    shutil.copy(file, file.with_name("again.json"))
    shutil.copy(file.with_suffix(".npz"), file.with_name("again.npz"))
    shutil.copy(submitted / "bandits.npz", file.with_name("alone.npz"))
    folder = file.parent
    lines = check_all(files(folder), sorted(folder.glob("*.npz")))
    assert sorted(lines) == [
        "again.json: another submission has the same agent, seed and evaluation",
        "again.json: another submission has the same record",
        "alone.npz: no submission has this record",
        "grid.json: another submission has the same agent, seed and evaluation",
        "grid.json: another submission has the same record",
    ]
    file.with_suffix(".npz").unlink()
    (line,) = faults(file)
    assert line == "grid.npz is missing or damaged (FileNotFoundError)"


def test_a_published_agents_facts_are_those_of_its_card(tmp_path):
    file = tmp_path / "demo.json"
    committed = FOLDER / "demo_seed_0_grid_small_twin.json"
    shutil.copy(committed.with_suffix(".npz"), file.with_suffix(".npz"))
    for key, value in {"steps": 1000, "hours": 0.01, "hardware": "A phone", "seed": 9}.items():
        found = json.loads(committed.read_text())
        found["training"][key] = value
        file.write_text(json.dumps(found))
        lines = list(faults(file))
        assert lines[0].startswith(f"training.{key} is {value}; the "), lines
        assert "card" in lines[0]


def test_the_program_refuses_a_figure_changed_by_hand(submitted, changed, tmp_path):
    folder, page = f"folder={tmp_path}", f"page={tmp_path / 'page.md'}"
    changed()
    run(tmp_path, PROGRAM, folder, page)
    done = run(tmp_path, PROGRAM, folder, page, "check=true")
    assert done.stdout == "1 submissions and page.md are as they should be\n"
    (tmp_path / "page.md").write_text("our agent is the best")
    done = run(tmp_path, PROGRAM, folder, page, "check=true", expect=1)
    assert done.stdout == "page.md is not what the submissions give; run rl2 leaderboard\n"
    changed(claims=put("figures", "trial_steps", value=20.0))
    done = run(tmp_path, PROGRAM, folder, page, "check=true", expect=1)
    (line,) = done.stdout.splitlines()
    assert line.startswith("grid.json: figures.trial_steps is 20.0; the record gives ")
