"""The cases: each module's `cases(*arguments)` returns named functions without arguments, which a worker times.

They run in processes of their own, those of the peers in the peers' environments; see `benchmarks.worker`.
"""
