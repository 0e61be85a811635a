"""Run a model package in Python, for comparison only; gemwatch itself runs it in Rust."""
