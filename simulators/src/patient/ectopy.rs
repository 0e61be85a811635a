//! Ventricular ectopy in a pattern: bigeminy, trigeminy, couplets and runs, R-on-T, two foci in turn.
//!
//! In: a rhythm and the beat before. Out: the next beat. Every pattern is some sinus beats, then one or more ventricular
//! ones, and so on; only the numbers differ.

use rand::Rng;
use rand_distr::StandardNormal;

use super::{
    breathing::Breathing,
    course::BeatKind,
    pace::{COUPLING, Due, TACHYCARDIA_SPREAD, sinus_rr_s},
};
use crate::rhythm::Rhythm;

/// Sinus beats before the first ectopic one where the pattern has many.
const FIRST_AFTER_BEATS: u32 = 3;
/// An R-on-T complex peaks so long after the R peak before it, for an RR interval of 1 s: 50 ms after the peak of the T
/// wave, so that its own QRS complex begins on the T wave. Scales with the square root of RR, as the T wave does.
const R_ON_T_S: f64 = 0.34;

/// Where a pattern of ectopy stands.
#[derive(Clone, Debug)]
pub(super) struct Ectopy {
    rate_bpm: f64,
    /// Sinus beats from one ectopic beat or run to the next.
    sinus_beats: f64,
    run_beats: u8,
    run_rr_s: f64,
    on_t_wave: bool,
    two_foci: bool,
    sinus_left: u32,
    run_left: u8,
    /// When the sinus node takes over again.
    resume_s: f64,
    other_focus: bool,
}

impl Ectopy {
    /// The pattern of a rhythm; `None` where the rhythm has none.
    pub(super) fn of(rhythm: Rhythm) -> Option<Ectopy> {
        let single = |rate_bpm: f64, sinus_beats: f64| Ectopy {
            rate_bpm,
            sinus_beats,
            run_beats: 1,
            run_rr_s: 60.0 / rate_bpm,
            on_t_wave: false,
            two_foci: false,
            sinus_left: FIRST_AFTER_BEATS.min(sinus_beats.round() as u32),
            run_left: 0,
            resume_s: 0.0,
            other_focus: false,
        };
        // A single premature beat takes the place of a sinus beat.
        let between = |rate_bpm: f64, per_min: f64| (rate_bpm / per_min - 1.0).max(1.0);
        match rhythm {
            Rhythm::Bigeminy { rate_bpm } => Some(single(rate_bpm, 1.0)),
            Rhythm::Trigeminy { rate_bpm } => Some(single(rate_bpm, 2.0)),
            Rhythm::MultiformPvcs { rate_bpm, pvcs_per_min } => {
                Some(Ectopy { two_foci: true, ..single(rate_bpm, between(rate_bpm, pvcs_per_min)) })
            }
            Rhythm::ROnTPvcs { rate_bpm, pvcs_per_min } => {
                Some(Ectopy { on_t_wave: true, ..single(rate_bpm, between(rate_bpm, pvcs_per_min)) })
            }
            Rhythm::VentricularRuns { rate_bpm, run_beats, run_rate_bpm, runs_per_min } => {
                let run_rr_s = 60.0 / run_rate_bpm;
                Some(Ectopy { run_beats, run_rr_s, ..single(rate_bpm, (rate_bpm / runs_per_min).max(3.0)) })
            }
            _ => None,
        }
    }

    fn focus(&self) -> BeatKind {
        if self.other_focus { BeatKind::OtherVentricular } else { BeatKind::Ventricular }
    }

    /// The beat that follows one of `kind` at `r_s`.
    pub(super) fn following(&mut self, r_s: f64, kind: BeatKind, breathing: &Breathing, random: &mut impl Rng) -> Due {
        if kind != BeatKind::Conducted {
            if self.run_left > 0 {
                self.run_left -= 1;
                let deviation: f64 = random.sample(StandardNormal);
                let rr_s = self.run_rr_s * (1.0 + TACHYCARDIA_SPREAD * deviation.clamp(-3.0, 3.0));
                return Due::at(r_s + rr_s, self.focus());
            }
            // Strict patterns stay strict; what comes now and then is not clockwork.
            let chance = if self.sinus_beats < 3.0 { 1.0 } else { random.random_range(0.8..1.2) };
            self.sinus_left = (self.sinus_beats * chance).round() as u32;
            return Due::at(self.resume_s.max(r_s + 54.0 / self.rate_bpm), BeatKind::Conducted);
        }
        let rr_s = sinus_rr_s(self.rate_bpm, r_s, breathing, random);
        if self.sinus_left > 1 {
            self.sinus_left -= 1;
            return Due::at(r_s + rr_s, BeatKind::Conducted);
        }
        // The sinus node goes on undisturbed; its blocked beat makes the pause after a single beat fully compensatory.
        self.resume_s = r_s + rr_s + sinus_rr_s(self.rate_bpm, r_s + rr_s, breathing, random);
        self.run_left = self.run_beats - 1;
        if self.two_foci {
            self.other_focus = !self.other_focus;
        }
        let early_s = if self.on_t_wave { R_ON_T_S * rr_s.sqrt() } else { rr_s * random.random_range(COUPLING) };
        Due::at(r_s + early_s, self.focus())
    }
}
