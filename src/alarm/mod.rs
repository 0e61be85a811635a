//! Alarms: the catalogue, the limits, and the life of each alarm from raised to cleared.

mod catalogue;
mod limits;

pub use catalogue::{AlarmCode, Priority};
pub use limits::{LimitError, Limits};
