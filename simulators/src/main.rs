//! `bedside`.
fn main() {}
