"""Small random MDPs (Duan et al. 2016, section 3.2): tasks in which a place must be found out.

`tasks` draws them, `env` plays them, `planning` solves them (pure and batched), `algorithms` holds
what people designed for them, `published` is what was printed.
"""
