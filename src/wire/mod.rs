//! What travels on the topics: Protobuf in, JSON out, and their schemas.

mod alert;
mod audit;
mod command;
mod explanation;
mod heartbeat;
mod left_open;
pub mod reading_request;
mod rfc3339;
mod round;
mod vitals;
pub mod waveform;

/// The Protobuf messages as `build.rs` makes them from `proto/`.
#[allow(missing_docs, clippy::pedantic, reason = "generated; the fields are explained in the .proto files")]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/gemwatch.v1.rs"));
}

pub use alert::{Alert, AlertState, Evidence, Reading, WINDOW_BEFORE_RAISED_S, alert_id};
pub use audit::{AuditOutcome, AuditRecord};
pub use command::{Acknowledge, Command, CommandError, Order, SetLimits};
pub use explanation::{Explanation, LeadMeasurement, Measurement};
pub use heartbeat::Heartbeat;
pub use rfc3339::{read_rfc3339, rfc3339};
pub use round::RoundReading;
pub use vitals::{LeadStatus, Quality, Vitals};

/// To a thousandth: what is written is what was measured, without the noise of floating point.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
