//! Where alerts and vitals go.
//!
//! In goes an [`Outgoing`] message, out comes word that it has arrived. [`kafka`]: onto the topics.

mod cloud_event;
pub mod kafka;
mod outgoing;

pub use cloud_event::{CloudEvent, cloud_event_headers};
pub use outgoing::{DeadLetter, Outgoing, Topic};
