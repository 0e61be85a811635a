//! Measurements on a strip: each value with the leads, the seconds and the number of beats that carry it.
//!
//! In goes a [`Strip`], out come [`Measurements`]: rates and intervals over all leads, axes, and each recorded lead on
//! its average beat. Intervals and average beats are medians over the beats of the basic rhythm.

mod average;
mod axis;
mod beats;
mod deflections;
mod intervals;
mod value;

pub use average::{BeatFeatures, LeadMeasurements};
pub use deflections::Deflections;
pub use intervals::Intervals;
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
    /// Global intervals.
    pub intervals: Intervals,
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
    pub fn named(&self) -> [(&'static str, &Measured); 17] {
        [
            ("heart rate", &self.heart_rate),
            ("mean RR interval", &self.rr_mean),
            ("shortest RR interval", &self.rr_min),
            ("longest RR interval", &self.rr_max),
            ("standard deviation of RR intervals", &self.rr_sd),
            ("beats with a P wave", &self.intervals.p_presence),
            ("P duration", &self.intervals.p_duration),
            ("PR interval", &self.intervals.pr),
            ("QRS duration", &self.intervals.qrs),
            ("QT interval", &self.intervals.qt),
            ("QTc (Bazett)", &self.intervals.qtc_bazett),
            ("QTc (Fridericia)", &self.intervals.qtc_fridericia),
            ("QTc (Framingham)", &self.intervals.qtc_framingham),
            ("QTc (Hodges)", &self.intervals.qtc_hodges),
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
    let leads = average::leads(&basis, &usable);
    Measurements {
        heart_rate: measured(mean_ms.map(|mean| 60_000.0 / mean), "bpm"),
        rr_mean: measured(mean_ms, "ms"),
        rr_min: measured(intervals_ms.iter().copied().reduce(f64::min), "ms"),
        rr_max: measured(intervals_ms.iter().copied().reduce(f64::max), "ms"),
        rr_sd: measured(sd_ms, "ms"),
        intervals: intervals::intervals(&basis, mean_ms),
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
mod tests {
    use super::*;
    use crate::ecg::Time;

    /// Narrow QRS complexes with a T wave, one every `rr_s` seconds, the first at 0.3 s.
    fn strip(rr_s: f64) -> Strip {
        let bump = |t_s: f64, width_s: f64| (-(t_s * t_s) / (2.0 * width_s * width_s)).exp();
        let value = |n: usize| {
            let t_s = (n as f64 / RATE_HZ - 0.3).rem_euclid(rr_s);
            let t_s = if t_s > rr_s - 0.1 { t_s - rr_s } else { t_s };
            (bump(t_s, 0.012) + 0.3 * bump(t_s - 0.28, 0.04)) as f32
        };
        let lead = StripLead { lead: Lead::II, derived: false, samples_mv: (0..5000).map(value).collect() };
        Strip { start: Time::default(), rate_hz: RATE_HZ, leads: vec![lead] }
    }

    #[test]
    fn every_beat_of_a_strip_is_found_where_it_is() {
        for rr_s in [0.4, 0.6, 1.0, 1.6] {
            let measured = measure(&strip(rr_s));
            let expected = ((9.9 - 0.3) / rr_s) as usize + 1;
            assert!(measured.beats_s.len().abs_diff(expected) <= 1, "{rr_s}: {:?}", measured.beats_s);
            for (n, beat_s) in measured.beats_s.iter().enumerate() {
                assert!((beat_s - 0.3 - n as f64 * rr_s).abs() < 0.006, "beat {n} at {beat_s}");
            }
            let heart_rate = measured.heart_rate.value.unwrap();
            assert!((heart_rate - 60.0 / rr_s).abs() < 0.5, "{heart_rate} at RR {rr_s} s");
        }
    }

    #[test]
    fn a_flat_strip_has_no_rate() {
        let mut flat = strip(1.0);
        flat.leads[0].samples_mv.fill(0.01);
        let measured = measure(&flat);
        assert_eq!((measured.heart_rate.value, measured.rr_sd.value), (None, None));
        flat.leads.clear();
        assert_eq!(measure(&flat).beats_s, Vec::<f64>::new());
    }
}
