"""Turn a GEM checkpoint into an ONNX model package.

In: a checkpoint directory as the reference implementation of GEM (Lan et al., arXiv 2503.06073) saves it.
Out: a package directory, described in `onnx/README.md`.
"""

VERSION = "1"
