"""Settings that all tests share."""

from hypothesis import settings

# The same examples on every run and on every machine; no deadline, because CI shares its cores.
settings.register_profile("luthier", derandomize=True, deadline=None, max_examples=50, database=None)
settings.load_profile("luthier")
