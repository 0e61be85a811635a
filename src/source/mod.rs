//! Where chunks come from.
