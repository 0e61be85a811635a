//! The ward board: what a nurse, a cardiologist or a researcher looks at.
//!
//! In go chunks, vital signs and changes of alerts as the pipeline says them ([`Feed`]), and what people do on the page; out come
//! pages ([`Board::pages`]) that are served as `http` serves, and acknowledgements on their way to the topic of commands.
//!
//! - `waves`, `trends`, `alerts`, `ward`: what is known. `screens`: what is on which screen. All pure.
//! - `owner`: the one task that owns both, reached by messages.
//! - `protocol`: what goes over the WebSocket. `live`, `pages`: the routes. `assets`: the page itself, part of the binary.
//! - `alert_reply`, `export`: an alert as JSON, as a page (PNG, PDF), as a WFDB record and as FHIR.
//! - `replayed`: a recording with its reference annotations beside ours.
//!
//! The board never slows the pipeline down: what it cannot take in time is left out, and counted.

mod alert_reply;
mod alerts;
mod assets;
mod export;
mod live;
mod owner;
mod pages;
mod protocol;
mod replayed;
mod screens;
mod trends;
mod ward;
mod waves;

pub use owner::{AcknowledgeError, Acknowledgement, Board, BoardSettings, Feed};
pub use replayed::{BeatMark, ReferenceMark, Replayed};
