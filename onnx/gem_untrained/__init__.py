"""A tiny checkpoint with random weights in the layout of GEM, for demonstrations and tests without the real model."""
