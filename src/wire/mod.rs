//! What travels on the topics: Protobuf in, JSON out, and their schemas.

mod alert;
mod rfc3339;
mod vitals;
pub mod waveform;

pub use alert::{Alert, AlertState, Evidence, Reading, WINDOW_BEFORE_RAISED_S, alert_id};
pub use rfc3339::rfc3339;
pub use vitals::{LeadStatus, Quality, Vitals};
