//! Where chunks come from.

pub mod recordings;
