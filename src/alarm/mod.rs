//! Alarms: the catalogue, the limits, when each begins and ends, and its life from raised to cleared.
//!
//! In goes the [`Situation`] of a bed ten times a second, out come [`AlarmEvent`]s.

mod catalogue;
mod condition;
mod engine;
mod limits;

pub use catalogue::{AlarmCode, Priority};
pub use condition::{Condition, Evidence, Situation};
pub use engine::{AlarmEngine, AlarmEvent};
pub use limits::{LimitError, Limits};
