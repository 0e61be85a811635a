//! Measurements on a strip: each value with the leads, the seconds and the number of beats that carry it.
//!
//! In goes a [`Strip`], out come [`Measurements`]: rates and intervals over all leads, axes, and each recorded lead on
//! its average beat. Intervals and average beats are medians over the beats of the basic rhythm.
//!
//! What is followed on every bed all the time is less and cheaper: the [`cycle`](cycle()) of each ten seconds, and its [`Trends`].

mod average;
mod axis;
mod beats;
mod cycle;
mod deflections;
mod intervals;
mod trends;
mod value;

pub use average::{BeatFeatures, LeadMeasurements};
pub use cycle::{Cycle, CycleBeat, cycle};
pub use deflections::Deflections;
pub use intervals::Intervals;
pub use trends::{EVERY_S, Qtc, StChange, Trends};
pub use value::Measured;

use crate::ecg::{Lead, Strip, StripLead};
use crate::signal::RATE_HZ;
use intervals::Basis;

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
    /// Root mean square of the differences between RR intervals that follow one another (RMSSD), in ms.
    pub rr_rmssd: Measured,
    /// Global intervals.
    pub intervals: Intervals,
    /// Longest less shortest QT interval of the leads, each on its average beat (QT dispersion, Day et al., Br Heart
    /// J 1990), in ms; with at least eight leads, as fewer understate it.
    pub qt_dispersion: Measured,
    /// Axis of the P wave in the frontal plane in degrees.
    pub p_axis: Measured,
    /// Axis of the QRS complex in the frontal plane in degrees.
    pub qrs_axis: Measured,
    /// Axis of the T wave in the frontal plane in degrees.
    pub t_axis: Measured,
    /// The recorded leads, each on its average beat. Derived leads are not measured.
    pub leads: Vec<LeadMeasurements>,
    /// Every beat in every recorded lead.
    pub beats: Vec<BeatFeatures>,
}

impl Measurements {
    /// Every global value with its name.
    pub fn named(&self) -> [(&'static str, &Measured); 19] {
        [
            ("heart rate", &self.heart_rate),
            ("mean RR interval", &self.rr_mean),
            ("shortest RR interval", &self.rr_min),
            ("longest RR interval", &self.rr_max),
            ("standard deviation of RR intervals", &self.rr_sd),
            ("RMSSD of RR intervals", &self.rr_rmssd),
            ("beats with a P wave", &self.intervals.p_presence),
            ("P duration", &self.intervals.p_duration),
            ("PR interval", &self.intervals.pr),
            ("QRS duration", &self.intervals.qrs),
            ("QT interval", &self.intervals.qt),
            ("QTc (Bazett)", &self.intervals.qtc_bazett),
            ("QTc (Fridericia)", &self.intervals.qtc_fridericia),
            ("QTc (Framingham)", &self.intervals.qtc_framingham),
            ("QTc (Hodges)", &self.intervals.qtc_hodges),
            ("QT dispersion", &self.qt_dispersion),
            ("P axis", &self.p_axis),
            ("QRS axis", &self.qrs_axis),
            ("T axis", &self.t_axis),
        ]
    }

    /// What was measured on one lead.
    pub fn lead(&self, lead: &Lead) -> Option<&LeadMeasurements> {
        self.leads.iter().find(|candidate| candidate.lead == *lead)
    }
}

/// Measures a strip at 500 Hz. With fewer than two beats the values that need an interval are absent.
pub fn measure(strip: &Strip) -> Measurements {
    let usable: Vec<&StripLead> = strip.leads.iter().filter(|lead| is_usable(lead, strip.len())).collect();
    let names: Vec<Lead> = usable.iter().map(|lead| lead.lead.clone()).collect();
    let r_peaks = beats::r_peaks(&usable);
    let marked = beats::marked(&usable, &r_peaks);
    let basic = beats::basic(&marked);
    let basis = Basis { leads: &names, beats: &marked, basic: &basic };
    let beats_s: Vec<f64> = r_peaks.iter().map(|sample| *sample as f64 / RATE_HZ).collect();
    let intervals_ms: Vec<f64> = beats_s.windows(2).map(|pair| (pair[1] - pair[0]) * 1000.0).collect();
    let measured = |value: Option<f64>, unit| match value {
        Some(value) => Measured {
            value: Some(value),
            unit,
            leads: names.clone(),
            from_s: beats_s[0],
            to_s: beats_s[beats_s.len() - 1],
            beats: beats_s.len(),
            // Two intervals may be chance, eight are a rate: the number that a monitor averages.
            confidence: (intervals_ms.len() as f64 / 8.0).min(1.0),
        },
        None => Measured::absent(unit),
    };
    let count = intervals_ms.len() as f64;
    let mean_ms = (count > 0.0).then(|| intervals_ms.iter().sum::<f64>() / count);
    let sd_ms = mean_ms.map(|mean| (intervals_ms.iter().map(|ms| (ms - mean).powi(2)).sum::<f64>() / count).sqrt());
    let squares: Vec<f64> = intervals_ms.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).collect();
    let rmssd_ms = (!squares.is_empty()).then(|| (squares.iter().sum::<f64>() / squares.len() as f64).sqrt());
    let leads = average::leads(&basis, &usable);
    Measurements {
        heart_rate: measured(mean_ms.map(|mean| 60_000.0 / mean), "bpm"),
        rr_mean: measured(mean_ms, "ms"),
        rr_min: measured(intervals_ms.iter().copied().reduce(f64::min), "ms"),
        rr_max: measured(intervals_ms.iter().copied().reduce(f64::max), "ms"),
        rr_sd: measured(sd_ms, "ms"),
        rr_rmssd: measured(rmssd_ms, "ms"),
        intervals: intervals::intervals(&basis, mean_ms),
        qt_dispersion: average::qt_dispersion(&leads),
        p_axis: axis::axis(&basis, &leads, |lead| lead.p_area),
        qrs_axis: axis::axis(&basis, &leads, |lead| lead.qrs_area),
        t_axis: axis::axis(&basis, &leads, |lead| lead.t_area),
        beats: average::features(&basis, &usable),
        leads,
        beats_s,
    }
}

/// A lead is measured on when it was recorded, not derived, and half of its samples are there.
fn is_usable(lead: &StripLead, samples: usize) -> bool {
    let there = lead.samples_mv.iter().filter(|value| value.is_finite()).count();
    !lead.derived && lead.samples_mv.len() == samples && there * 2 > samples
}

#[cfg(test)]
mod tests;
