"""Settings that all tests share."""

import os

from hypothesis import settings

# MKL's products differ in the last bit with where in memory the data lie, on AMD processors at least, unless told not
# to. Read at its first product, in this process and in those that tests start.
os.environ.setdefault("MKL_CBWR", "AVX2,STRICT")

# Tests compare with what the CPU gives. Those of a GPU (test_on_cuda.py) run where LUTHIER_CUDA is set.
if not os.environ.get("LUTHIER_CUDA"):
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

# The same examples on every run and on every machine; no deadline, because CI shares its cores.
settings.register_profile("luthier", derandomize=True, deadline=None, max_examples=50, database=None)
settings.load_profile("luthier")
