//! Where alerts and vitals go.

mod json_lines;

pub use json_lines::JsonLines;
