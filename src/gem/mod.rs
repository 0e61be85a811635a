//! The GEM model package, its preprocessing and its decoding on ONNX Runtime.
