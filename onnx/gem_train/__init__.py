"""Train a small GEM on simulated patients: GEM's architecture and checkpoint layout, sizes for two CPU cores."""
