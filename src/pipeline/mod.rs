//! The picture in code: source, ward, triage, GEM, publish.

mod monitor;

pub use monitor::{Monitor, ReadingRequest, Said};
