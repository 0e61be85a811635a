//! Global intervals: medians over the beats of the basic rhythm, from the marks of all leads together.

use super::Measured;
use super::beats::{median, ms};
use crate::beats::delineation::{GlobalMarks, MarkedBeat};
use crate::ecg::Lead;
use crate::signal::RATE_HZ;

/// P, PR, QRS, QT and the corrected QT.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// Duration of the P wave in ms.
    pub p_duration: Measured,
    /// Onset of the P wave to onset of the QRS complex in ms.
    pub pr: Measured,
    /// Duration of the QRS complex in ms.
    pub qrs: Measured,
    /// Onset of the QRS complex to the end of the T wave in ms.
    pub qt: Measured,
    /// QT / √RR (Bazett 1920) in ms.
    pub qtc_bazett: Measured,
    /// QT / ∛RR (Fridericia 1920) in ms.
    pub qtc_fridericia: Measured,
    /// QT + 154 ms · (1 - RR) (Sagie, Framingham, 1992) in ms.
    pub qtc_framingham: Measured,
    /// QT + 1.75 ms · (heart rate - 60) (Hodges 1983) in ms.
    pub qtc_hodges: Measured,
    /// Share of the beats that have a P wave before them.
    pub p_presence: Measured,
}

/// What is common to the values of one strip.
pub(super) struct Basis<'a> {
    pub leads: &'a [Lead],
    pub beats: &'a [MarkedBeat],
    pub basic: &'a [bool],
}

impl Basis<'_> {
    /// The beats of the basic rhythm.
    pub fn basic_beats(&self) -> impl Iterator<Item = &MarkedBeat> {
        self.beats.iter().zip(self.basic).filter(|(_, basic)| **basic).map(|(beat, _)| beat)
    }

    /// The median of what `of` gives for each beat of the basic rhythm. Confidence is the share of the beats that have
    /// it and lie within `agree` of the median, less when there are fewer than five.
    fn measured(&self, unit: &'static str, agree: f64, of: impl Fn(&GlobalMarks) -> Option<f64>) -> Measured {
        let value = |beat: &&MarkedBeat| beat.marks.global.as_ref().and_then(&of);
        let values: Vec<(u64, f64)> =
            self.basic_beats().filter_map(|beat| value(&beat).map(|value| (beat.r_peak, value))).collect();
        let Some(middle) = median(values.iter().map(|(_, value)| *value)) else { return Measured::absent(unit) };
        let all = self.basic_beats().count() as f64;
        let agreeing = values.iter().filter(|(_, value)| (value - middle).abs() <= agree).count() as f64;
        Measured {
            value: Some(middle),
            unit,
            leads: self.leads.to_vec(),
            from_s: values[0].0 as f64 / RATE_HZ,
            to_s: values[values.len() - 1].0 as f64 / RATE_HZ,
            beats: values.len(),
            confidence: agreeing / all * (values.len() as f64 / 5.0).min(1.0),
        }
    }
}

/// Measures the intervals; `rr_ms` is the mean RR interval.
pub(super) fn intervals(basis: &Basis, rr_ms: Option<f64>) -> Intervals {
    let between = |from: usize, to: usize| (to > from).then(|| ms((to - from) as f64));
    let p_duration = basis.measured("ms", 20.0, |g| between(g.p_onset?, g.p_offset?));
    let pr = basis.measured("ms", 20.0, |g| between(g.p_onset?, g.qrs_onset));
    let qrs = basis.measured("ms", 20.0, |g| between(g.qrs_onset, g.qrs_offset));
    let qt = basis.measured("ms", 30.0, |g| between(g.qrs_onset, g.t_offset?));
    let corrected = |correct: fn(f64, f64) -> f64| match (qt.value, rr_ms) {
        (Some(qt_ms), Some(rr_ms)) if rr_ms > 0.0 => {
            Measured { value: Some(correct(qt_ms, rr_ms / 1000.0)), ..qt.clone() }
        }
        _ => Measured::absent("ms"),
    };
    let found = basis.measured("", 0.5, |g| Some(f64::from(u8::from(g.p_onset.is_some()))));
    let present = basis.basic_beats().filter(|beat| beat.marks.global.is_some_and(|g| g.p_onset.is_some())).count();
    let share = (found.beats > 0).then(|| present as f64 / found.beats as f64);
    Intervals {
        p_duration,
        pr,
        qrs,
        qtc_bazett: corrected(|qt_ms, rr_s| qt_ms / rr_s.sqrt()),
        qtc_fridericia: corrected(|qt_ms, rr_s| qt_ms / rr_s.cbrt()),
        qtc_framingham: corrected(|qt_ms, rr_s| qt_ms + 154.0 * (1.0 - rr_s)),
        qtc_hodges: corrected(|qt_ms, rr_s| qt_ms + 1.75 * (60.0 / rr_s - 60.0)),
        p_presence: Measured { value: share, ..found },
        qt,
    }
}
