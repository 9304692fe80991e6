"""Small random MDPs (Duan et al. 2016, section 3.2).

A task is a finite MDP drawn afresh; a trial is n episodes on it. `suite` draws tasks, `env`
simulates them, `planning` solves them (pure and batched), `algorithms` holds human-designed
algorithms, `published` holds printed results.
"""
