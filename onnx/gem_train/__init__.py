"""Train a small GEM on simulated patients: the architecture and the checkpoint layout of GEM, sizes for two CPU cores."""
