//! Measurements on a strip: each value with the leads, the seconds and the number of beats that carry it.
//!
//! In goes a [`Strip`], out come [`Measurements`].

mod value;

pub use value::Measured;

use crate::beats::Detector;
use crate::ecg::{Lead, Strip, StripLead};
use crate::signal::RATE_HZ;

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

impl Measurements {
    /// Every value with its name.
    pub fn named(&self) -> [(&'static str, &Measured); 5] {
        [
            ("heart rate", &self.heart_rate),
            ("mean RR interval", &self.rr_mean),
            ("shortest RR interval", &self.rr_min),
            ("longest RR interval", &self.rr_max),
            ("standard deviation of RR intervals", &self.rr_sd),
        ]
    }
}

/// Measures a strip at 500 Hz. With fewer than two beats every value is absent.
pub fn measure(strip: &Strip) -> Measurements {
    let leads: Vec<&StripLead> = strip.leads.iter().filter(|lead| is_usable(lead)).collect();
    let names: Vec<Lead> = leads.iter().map(|lead| lead.lead.clone()).collect();
    let beats_s = beats(&leads);
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
    Measurements {
        heart_rate: measured(mean_ms.map(|mean| 60_000.0 / mean), "bpm"),
        rr_mean: measured(mean_ms, "ms"),
        rr_min: measured(intervals_ms.iter().copied().reduce(f64::min), "ms"),
        rr_max: measured(intervals_ms.iter().copied().reduce(f64::max), "ms"),
        rr_sd: measured(sd_ms, "ms"),
        beats_s,
    }
}

/// A lead is measured on when it was recorded, not derived, and half of its samples are there.
fn is_usable(lead: &StripLead) -> bool {
    let there = lead.samples_mv.iter().filter(|value| value.is_finite()).count();
    !lead.derived && there * 2 > lead.samples_mv.len()
}

/// R peaks in seconds. The detector hears the strip twice: once to learn what a beat looks like here, once to find
/// every beat of it, the first included.
fn beats(leads: &[&StripLead]) -> Vec<f64> {
    let samples = leads.first().map_or(0, |lead| lead.samples_mv.len());
    let mut detector = Detector::new(leads.len());
    let hear = |detector: &mut Detector| -> Vec<f64> {
        let mut held_mv = vec![0.0_f32; leads.len()];
        (0..samples)
            .filter_map(|n| {
                let values = leads.iter().zip(&mut held_mv).map(|(lead, held_mv)| {
                    let value = lead.samples_mv[n];
                    if value.is_finite() {
                        *held_mv = value;
                    }
                    (*held_mv, value.is_finite())
                });
                detector.push(values)
            })
            .map(|beat| beat.r_peak as f64 / RATE_HZ)
            .collect()
    };
    hear(&mut detector);
    detector.restart();
    hear(&mut detector)
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
