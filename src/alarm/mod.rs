//! Alarms: the catalogue, the limits, when each begins and ends, and its life from raised to cleared.
//!
//! In goes the [`Situation`] of a bed ten times a second, out come [`AlarmEvent`]s.

mod catalogue;
mod condition;
mod engine;
mod limits;
mod profile;
mod rows;

pub use catalogue::{AlarmCode, AlarmSpec, CATALOGUE, Priority};
pub use condition::{Condition, Evidence, Situation};
pub use engine::{Acknowledgement, AlarmEngine, AlarmEvent, Change};
pub use limits::{LimitError, Limits};
pub use profile::{LimitProfiles, Profile};
