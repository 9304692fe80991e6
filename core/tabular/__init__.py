"""Parts that suites of small tasks share: settings, environment, algorithms, printed results."""
