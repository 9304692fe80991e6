"""Multi-armed bandits (Duan et al. 2016, section 3.1): the smallest tasks that can be learnt.

A task is k arms whose means are drawn afresh; each pull is an episode of one step, a trial is n
pulls. `tasks` draws them, `env` plays them, `algorithms` holds what people designed for them,
`gittins` and `optimal` compute what cannot be beaten, `published` is what was printed.
"""
