//! The pace of a rhythm: how long from one beat to the next, and of what kind the next beat is.
//!
//! In: a rhythm, the beat before, breathing and a random stream. Out: the next beat; none where there are no beats.

use std::f64::consts::TAU;

use rand::Rng;
use rand_distr::{Distribution, LogNormal, StandardNormal};

use super::{breathing::Breathing, course::BeatKind};
use crate::rhythm::Rhythm;

/// A new rhythm begins with a beat not before this long after the old one ended: its P wave needs the room.
const FIRST_BEAT_S: f64 = 0.3;
/// A premature ventricular beat comes after this part of the sinus interval.
const COUPLING: std::ops::Range<f64> = 0.57..0.63;
/// Spread of the RR intervals in atrial fibrillation; patients have 0.15 to 0.3.
const FIBRILLATION_SPREAD: f64 = 0.22;
/// No AV node conducts faster than this.
const SHORTEST_FIBRILLATION_RR_S: f64 = 0.26;
/// Spread of the RR intervals in monomorphic ventricular tachycardia.
const TACHYCARDIA_SPREAD: f64 = 0.012;

/// The pace of the rhythm that is going on.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    rhythm: Rhythm,
    /// When the sinus node beats again after a premature beat.
    resume_s: f64,
}

impl Pace {
    pub(super) fn of(rhythm: Rhythm) -> Pace {
        Pace { rhythm, resume_s: 0.0 }
    }

    /// The mean interval between beats in seconds; `None` where the ventricles do not beat.
    pub(super) fn mean_rr_s(&self) -> Option<f64> {
        match self.rhythm {
            Rhythm::Sinus { rate_bpm }
            | Rhythm::SinusWithPvcs { rate_bpm, .. }
            | Rhythm::AtrialFibrillation { rate_bpm }
            | Rhythm::VentricularTachycardia { rate_bpm } => Some(60.0 / rate_bpm),
            Rhythm::VentricularFibrillation | Rhythm::Asystole | Rhythm::VentricularStandstill { .. } => None,
        }
    }

    /// The first beat of a rhythm that begins at `from_s`, `last_r_s` being the last beat before it.
    pub(super) fn first(
        &self,
        from_s: f64,
        last_r_s: Option<f64>,
        breathing: &Breathing,
        random: &mut impl Rng,
    ) -> Option<(f64, BeatKind)> {
        let earliest_s = from_s + FIRST_BEAT_S;
        let after = |rr_s: f64| last_r_s.map_or(earliest_s, |last_s| earliest_s.max(last_s + rr_s));
        match self.rhythm {
            Rhythm::Sinus { rate_bpm } | Rhythm::SinusWithPvcs { rate_bpm, .. } => {
                Some((after(sinus_rr_s(rate_bpm, from_s, breathing, random)), BeatKind::Conducted))
            }
            Rhythm::AtrialFibrillation { rate_bpm } => {
                Some((after(fibrillation_rr_s(rate_bpm, random)), BeatKind::ConductedWithoutP))
            }
            Rhythm::VentricularTachycardia { rate_bpm } => Some((after(60.0 / rate_bpm), BeatKind::Ventricular)),
            Rhythm::VentricularStandstill { .. } => Some((earliest_s, BeatKind::AtrialOnly)),
            Rhythm::VentricularFibrillation | Rhythm::Asystole => None,
        }
    }

    /// The beat that follows one of `kind` at `r_s`.
    pub(super) fn following(
        &mut self,
        r_s: f64,
        kind: BeatKind,
        breathing: &Breathing,
        random: &mut impl Rng,
    ) -> Option<(f64, BeatKind)> {
        match self.rhythm {
            Rhythm::Sinus { rate_bpm } => {
                Some((r_s + sinus_rr_s(rate_bpm, r_s, breathing, random), BeatKind::Conducted))
            }
            Rhythm::SinusWithPvcs { rate_bpm, pvcs_per_min } => {
                if kind == BeatKind::Ventricular {
                    return Some((self.resume_s, BeatKind::Conducted));
                }
                let rr_s = sinus_rr_s(rate_bpm, r_s, breathing, random);
                // Each premature beat takes the place of a sinus beat.
                if random.random_bool(pvcs_per_min / (rate_bpm - pvcs_per_min)) {
                    // The sinus node goes on undisturbed; its blocked beat makes the pause fully compensatory.
                    self.resume_s = r_s + rr_s + sinus_rr_s(rate_bpm, r_s + rr_s, breathing, random);
                    Some((r_s + rr_s * random.random_range(COUPLING), BeatKind::Ventricular))
                } else {
                    Some((r_s + rr_s, BeatKind::Conducted))
                }
            }
            Rhythm::AtrialFibrillation { rate_bpm } => {
                Some((r_s + fibrillation_rr_s(rate_bpm, random), BeatKind::ConductedWithoutP))
            }
            Rhythm::VentricularTachycardia { rate_bpm } => {
                let deviation: f64 = random.sample(StandardNormal);
                let rr_s = 60.0 / rate_bpm * (1.0 + TACHYCARDIA_SPREAD * deviation.clamp(-3.0, 3.0));
                Some((r_s + rr_s, BeatKind::Ventricular))
            }
            Rhythm::VentricularStandstill { atrial_rate_bpm } => {
                Some((r_s + sinus_rr_s(atrial_rate_bpm, r_s, breathing, random), BeatKind::AtrialOnly))
            }
            Rhythm::VentricularFibrillation | Rhythm::Asystole => None,
        }
    }
}

/// The next interval of a sinus node of mean rate `rate_bpm`: breathing, the slow wave of blood pressure at 0.1 Hz, and
/// chance. Fast hearts vary less.
fn sinus_rr_s(rate_bpm: f64, t_s: f64, breathing: &Breathing, random: &mut impl Rng) -> f64 {
    let mean_s = 60.0 / rate_bpm;
    let freedom = mean_s.clamp(0.2, 1.2);
    let chance: f64 = random.sample(StandardNormal);
    let deviation = 0.035 * breathing.at(t_s) + 0.015 * (TAU * 0.1 * t_s).sin() + 0.008 * chance.clamp(-3.0, 3.0);
    mean_s * (1.0 + freedom * deviation)
}

/// The next interval in atrial fibrillation: independent of the one before, skewed to long ones.
fn fibrillation_rr_s(rate_bpm: f64, random: &mut impl Rng) -> f64 {
    let log_mean = (60.0 / rate_bpm).ln() - FIBRILLATION_SPREAD * FIBRILLATION_SPREAD / 2.0;
    let intervals =
        LogNormal::new(log_mean, FIBRILLATION_SPREAD).expect("the spread is a positive constant (this is a bug)");
    intervals.sample(random).max(SHORTEST_FIBRILLATION_RR_S)
}
