"""Multi-armed bandits (Duan et al. 2016, section 3.1).

A task is k arms whose mean rewards are drawn afresh. Each pull is an episode of one step; a trial
is n pulls. `suite` draws tasks, `env` simulates them, `algorithms` holds human-designed algorithms,
`gittins_index` and `bayes_optimal` compute reference policies and values, `published` holds printed
results.
"""
