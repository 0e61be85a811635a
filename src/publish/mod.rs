//! Where alerts and vitals go.
//!
//! In goes an [`Outgoing`] message, out comes word that it has arrived. [`kafka`]: onto the topics. [`JsonLines`]: into files. [`wfdb`]: a window as a record.

mod cloud_event;
mod json_lines;
pub mod kafka;
mod outgoing;
pub mod wfdb;

pub use cloud_event::{CloudEvent, cloud_event_headers};
pub use json_lines::JsonLines;
pub use outgoing::{DeadLetter, Outgoing, Topic};
