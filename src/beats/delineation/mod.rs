//! Where P, QRS and T begin, peak and end, in each lead and over all leads together.
//!
//! In go the samples of all leads around one beat ([`Window`]) and its R peak with its neighbours ([`Place`]), out come
//! [`BeatMarks`]: a [`LeadMarks`] a lead and the marks of all leads fused. [`Delineator`] does it in a stream, beat by
//! beat, once the T wave is over.
//!
//! P and T are looked for with the second derivative of a Gaussian (a wavelet as in Martínez et al., IEEE Trans Biomed
//! Eng 2004): its response peaks on a wave and has a lobe of the other sign at either foot of it. The feet, averaged
//! over three scales, are the onset and the offset. The wave is located on all leads together, then followed into each.
//! The QRS complex ends where the slope stays below a threshold ([`complex`]). Readers see a wave begin at nearly one
//! time in all leads (in LUDB with a standard deviation of 7 ms for the QRS onset), so each lead's own boundary
//! is drawn towards the median of all leads ([`fusion`]), and what is typical of the lead is added ([`habit`]).

mod atrium;
mod complex;
mod delineator;
mod fusion;
mod habit;
mod shape;
mod spike;
mod wave;

pub use atrium::Atrium;
pub use delineator::{Delineator, MOST_BEHIND, MarkedBeat};

use crate::ecg::Lead;
use crate::signal::RATE_HZ;

/// So many seconds in samples.
const fn samples(seconds: f64) -> usize {
    (seconds * RATE_HZ) as usize
}

/// The samples of all leads around one beat, in mV at 500 Hz.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Which leads.
    pub leads: Vec<Lead>,
    /// One row a lead; all have the same length. Values that are not finite count as missing.
    pub leads_mv: Vec<Vec<f32>>,
}

/// Where the beat and its neighbours are in a [`Window`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Sample of the R peak.
    pub r_peak: usize,
    /// Samples from the R peak before, if there is one.
    pub since_previous: Option<usize>,
    /// Samples to the R peak after, if one is known.
    pub until_next: Option<usize>,
    /// End of the T wave before, if it was found.
    pub previous_t_end: Option<usize>,
}

/// Why there is no mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    /// The lead is flat or most of its samples are missing.
    #[error("no signal")]
    NoSignal,
    /// The neighbouring waves leave no room.
    #[error("no room between the neighbouring waves")]
    NoRoom,
    /// Nothing that stands out, or nothing that comes again with the next beat.
    #[error("no wave")]
    NoWave,
}

/// Which way a wave points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Upwards.
    Positive,
    /// Downwards.
    Negative,
    /// Both, with the larger part first named by the peak.
    Biphasic,
}

/// A P or T wave; samples of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wave {
    /// First sample.
    pub onset: usize,
    /// Largest deflection.
    pub peak: usize,
    /// Last sample.
    pub offset: usize,
    /// Direction.
    pub polarity: Polarity,
}

/// A QRS complex; samples of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Complex {
    /// First sample.
    pub onset: usize,
    /// Last sample: the J point.
    pub offset: usize,
}

/// The marks of one beat in one lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadMarks {
    /// The P wave.
    pub p: Result<Wave, Absent>,
    /// The QRS complex.
    pub qrs: Result<Complex, Absent>,
    /// The T wave.
    pub t: Result<Wave, Absent>,
}

impl LeadMarks {
    /// Nothing found, for one reason.
    pub const fn absent(why: Absent) -> LeadMarks {
        LeadMarks { p: Err(why), qrs: Err(why), t: Err(why) }
    }
}

/// The marks of one beat over all leads: the earliest onset and the latest end that several leads agree on, as
/// IEC 60601-2-25 defines global intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalMarks {
    /// Onset of the P wave.
    pub p_onset: Option<usize>,
    /// End of the P wave.
    pub p_offset: Option<usize>,
    /// Onset of the QRS complex.
    pub qrs_onset: usize,
    /// End of the QRS complex.
    pub qrs_offset: usize,
    /// End of the T wave.
    pub t_offset: Option<usize>,
    /// End of the T wave in the middle lead: from there on the next P wave may come.
    pub t_median_offset: Option<usize>,
}

/// The marks of one beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeatMarks {
    /// In the order of the window.
    pub leads: Vec<LeadMarks>,
    /// Over all leads; `None` when no lead shows a QRS complex.
    pub global: Option<GlobalMarks>,
}

/// Scratch space, kept from beat to beat so that nothing is allocated for each.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    shape: shape::Shape,
    response: Vec<f32>,
    fused: Vec<f32>,
    own: Vec<wave::Feet>,
    live: Vec<usize>,
    values: Vec<f64>,
    onsets: Vec<f64>,
    offsets: Vec<f64>,
    rows: Vec<Vec<f32>>,
    spikes: Vec<u64>,
}

/// Marks one beat. `atrium` remembers what came before the QRS complexes of the beats before.
pub fn delineate(window: &mut Window, place: &Place, atrium: &mut Atrium, scratch: &mut Scratch) -> BeatMarks {
    let mut out = BeatMarks { leads: vec![LeadMarks::absent(Absent::NoSignal); window.leads_mv.len()], global: None };
    let samples = window.leads_mv.first().map_or(0, Vec::len);
    scratch.live.clear();
    for (index, lead_mv) in window.leads_mv.iter_mut().enumerate() {
        if lead_mv.len() == samples && shape::mend(lead_mv) {
            scratch.live.push(index);
        }
    }
    spike::remove(&mut window.leads_mv, &scratch.live, &mut scratch.spikes);
    let bounds = complex::Bounds::around(place, samples);
    let Some(qrs) = bounds.and_then(|bounds| complex::find(window, &bounds, scratch, &mut out.leads)) else {
        return out;
    };
    let p = wave::find_p(window, place, &qrs, atrium, scratch, &mut out.leads);
    let t = wave::find_t(window, place, &qrs, scratch, &mut out.leads);
    out.global = Some(GlobalMarks {
        p_onset: p.map(|p| p.onset),
        p_offset: p.map(|p| p.offset),
        qrs_onset: qrs.global.onset,
        qrs_offset: qrs.global.offset,
        t_offset: t.map(|t| t.offset),
        t_median_offset: t.map(|t| t.median_offset),
    });
    out
}

#[cfg(test)]
mod tests;
