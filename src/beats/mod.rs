//! Finds every beat while it happens.
//!
//! In go samples of all leads at 500 Hz, out come the positions of R peaks, each decided on within 200 ms
//! (search-back excepted), and the class of each. [`detector`] fuses the leads, [`delineation`] marks the waves,
//! [`classes`] tells ventricular from normal beats.

pub mod classes;
pub mod delineation;
mod detector;

pub use classes::BeatClass;
pub use detector::{DetectedBeat, Detector};
