//! What travels on the topics: Protobuf in, JSON out, and their schemas.

mod alert;
mod command;
mod explanation;
mod rfc3339;
mod round;
mod vitals;
pub mod waveform;

pub use alert::{Alert, AlertState, Evidence, Reading, WINDOW_BEFORE_RAISED_S, alert_id};
pub use command::{Acknowledge, Command, CommandError, Order, SetLimits};
pub use explanation::{Explanation, LeadMeasurement, Measurement};
pub use rfc3339::rfc3339;
pub use round::RoundReading;
pub use vitals::{LeadStatus, Quality, Vitals};

/// To a thousandth: what is written is what was measured, without the noise of floating point.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
