//! The picture in code: source, ward, triage, GEM, publish.
//!
//! - [`Monitor`]: the alarm path of all beds, in the words of the topics. Synchronous and pure.
//! - [`Interpreter`]: reads a window and grounds what it says. [`Desk`](desk::Desk): the queue before it, and its thread.
//! - [`service`]: both between Kafka and Kafka, or each by itself with the requests for readings between them.

mod audit;
mod course;
pub mod desk;
mod interpreter;
mod monitor;
mod notes;
mod outgoing;
pub mod service;
mod standing;

pub use interpreter::{Interpreter, InterpreterError, InterpreterSettings, Step, ground_text, unavailable};
pub use monitor::{Monitor, ReadingRequest, Said};
