//! Where alerts and vitals go.
//!
//! In goes an [`Outgoing`] message, out comes word that it has arrived. [`kafka`]: onto the topics. [`JsonLines`]: into files. [`wfdb`]: a window as a record.
//! [`fhir`] and [`acm`]: an alert in the words of neighbouring systems.

pub mod acm;
mod cloud_event;
pub mod fhir;
mod json_lines;
pub mod kafka;
mod outgoing;
#[cfg(test)]
mod tests;
pub mod wfdb;

pub use cloud_event::{CloudEvent, cloud_event_headers};
pub use json_lines::JsonLines;
pub use outgoing::{DeadLetter, Outgoing, Topic};
