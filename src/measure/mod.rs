//! Measurements on a strip: each value with the leads, the seconds and the number of beats that carry it.
//!
//! In goes a [`Strip`](crate::ecg::Strip), out come [`Measurements`].

mod value;

pub use value::Measured;

/// What was measured on one strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurements {
    /// R peaks in seconds from the strip's start.
    pub beats_s: Vec<f64>,
    /// Mean ventricular rate in bpm: 60 over the mean RR interval.
    pub heart_rate: Measured,
    /// Mean RR interval in ms.
    pub rr_mean: Measured,
    /// Shortest RR interval in ms.
    pub rr_min: Measured,
    /// Longest RR interval in ms.
    pub rr_max: Measured,
    /// Standard deviation of the RR intervals in ms.
    pub rr_sd: Measured,
}
