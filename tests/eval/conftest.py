"""A trial in the corner maze, worked out from the map alone; and a browser."""

import shutil
from collections.abc import Iterator

import pytest
from support.recorded import log_of

from rl2_mazes.eval.trials.runner import TrialLog
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT


@pytest.fixture
def trial() -> TrialLog:
    """In the corner maze: turns on the spot until the horizon, then the shortest path (5 steps)."""
    lost = [TURN_RIGHT] * 7 + [FORWARD] * 2
    straight = [FORWARD, FORWARD, TURN_LEFT, FORWARD, FORWARD]
    return log_of(lost, straight, success=[False, True])


@pytest.fixture(scope="session")
def browser() -> Iterator:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    program = shutil.which("chromium") or shutil.which("google-chrome")
    driver_program = shutil.which("chromedriver")
    if not (program and driver_program):
        pytest.skip("needs Chromium and its driver: apt install chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for each in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{each}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(driver_program))
    yield driver
    driver.quit()
