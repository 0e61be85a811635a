//! Instruction data: windows with what is true of them, to train and to test models that read ECGs.
//!
//! In go recordings, or seeds of simulated patients ([`simulators::portrait`]); out come [`Window`]s: ten seconds of twelve
//! leads, what gemwatch measures on them, what is known about them, and a text ([`text`]) that says only what may be said
//! ([`facts`]). They are written as flat arrays to train from ([`tensors`]), or in the files of GEM's own fine-tuning
//! ([`gem_format`]).

pub mod facts;
pub mod gem_format;
pub mod recorded;
pub mod rewrite;
pub mod simulated;
pub mod statements;
pub mod tensors;
pub mod text;
mod window;

pub use window::{LeadValues, Values, Window, WindowLine};

/// Length of a window in seconds.
pub const SECONDS: f64 = 10.0;
/// Samples of each lead of a window at 500 Hz.
pub const SAMPLES: usize = 5000;
