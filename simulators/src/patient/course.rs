//! When the heart beats: the script turned into the times of single beats.
//!
//! In: a [`Script`] and a random stream. Out: planned beats and rhythm episodes up to any time, always the same however
//! the time is cut into pieces.

use rand_chacha::ChaCha8Rng;

use super::{
    breathing::Breathing,
    pace::{Due, Pace},
};
use crate::{rhythm::Script, truth::EpisodeTruth};

/// How a beat comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BeatKind {
    /// P wave, QRS complex, T wave.
    Conducted,
    /// Conducted out of fibrillating atria.
    ConductedWithoutP,
    /// Conducted from an atrial focus, before the sinus node was due.
    PrematureAtrial,
    /// Only a P wave.
    AtrialOnly,
    /// From a ventricular focus.
    Ventricular,
    /// From another ventricular focus.
    OtherVentricular,
    /// From a dying ventricle: very wide and low.
    Agonal,
    /// A pacemaker stimulates the atria, and the beat is conducted.
    PacedAtria,
    /// A pacemaker stimulates the ventricles; no P wave.
    PacedVentricles,
    /// A pacemaker stimulates both, one after the other.
    PacedBoth,
    /// Only the pulse to the ventricles.
    PulseOnly,
}

impl BeatKind {
    /// Do the ventricles beat, and did the beat come to them by their own conduction system?
    pub(super) fn is_supraventricular(self) -> bool {
        matches!(
            self,
            BeatKind::Conducted | BeatKind::ConductedWithoutP | BeatKind::PrematureAtrial | BeatKind::PacedAtria
        )
    }

    /// Do the ventricles beat?
    pub(super) fn has_qrs(self) -> bool {
        !matches!(self, BeatKind::AtrialOnly | BeatKind::PulseOnly)
    }
}

/// A beat that will happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlannedBeat {
    /// Its R peak, or where it would be.
    pub r_s: f64,
    pub kind: BeatKind,
    /// The RR interval that repolarisation has adapted to.
    pub repolarisation_rr_s: f64,
    /// How much longer than the heart's own the PR interval is.
    pub delay_s: f64,
    /// By how much the axis is turned, in radians.
    pub axis_rad: f64,
}

/// What a stretch of planning brought.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub beats: Vec<PlannedBeat>,
    pub episodes: Vec<EpisodeTruth>,
}

/// How quickly repolarisation follows the RR interval: the share of the newest interval in the moving average.
const REPOLARISATION_MEMORY: f64 = 0.3;

/// The course of one heart.
#[derive(Clone, Debug)]
pub(super) struct Course {
    script: Script,
    breathing: Breathing,
    random: ChaCha8Rng,
    /// How many steps of the script have begun.
    begun: usize,
    /// When the step that is going on ends.
    end_s: f64,
    pace: Pace,
    next: Option<Due>,
    /// The last beat of the ventricles.
    last_r_s: Option<f64>,
    repolarisation_rr_s: f64,
}

impl Course {
    pub(super) fn new(script: Script, breathing: Breathing, random: ChaCha8Rng) -> Course {
        let pace = Pace::of(script.steps()[0].rhythm);
        Course {
            script,
            breathing,
            random,
            begun: 0,
            end_s: 0.0,
            repolarisation_rr_s: pace.mean_rr_s().unwrap_or(1.0),
            pace,
            next: None,
            last_r_s: None,
        }
    }

    /// Plans every beat up to `to_s` and every episode that begins before it.
    pub(super) fn plan(&mut self, to_s: f64) -> Plan {
        let mut plan = Plan::default();
        loop {
            match self.next {
                // A beat that would fall into the next rhythm never happens.
                Some(due) if due.r_s < self.end_s => {
                    if due.r_s >= to_s {
                        return plan;
                    }
                    plan.beats.push(self.planned(due));
                    self.next = self.pace.following(due.r_s, due.kind, &self.breathing, &mut self.random);
                }
                _ => {
                    if self.end_s >= to_s {
                        return plan;
                    }
                    plan.episodes.push(self.begin_step());
                }
            }
        }
    }

    fn begin_step(&mut self) -> EpisodeTruth {
        let from_s = self.end_s;
        let (rhythm, end_s) = self.script.step_at(self.begun, from_s);
        self.begun += 1;
        self.end_s = end_s;
        self.pace = Pace::of(rhythm);
        self.next = self.pace.first(from_s, self.last_r_s, &self.breathing, &mut self.random);
        EpisodeTruth { rhythm, from_s, to_s: end_s }
    }

    fn planned(&mut self, Due { r_s, kind, delay_s, axis_rad }: Due) -> PlannedBeat {
        if kind.has_qrs() {
            if let Some(last_s) = self.last_r_s {
                // A heart that stood still does not come back with the QT interval of the pause.
                let rr_s = (r_s - last_s).min(2.0);
                self.repolarisation_rr_s += REPOLARISATION_MEMORY * (rr_s - self.repolarisation_rr_s);
            }
            self.last_r_s = Some(r_s);
        }
        PlannedBeat { r_s, kind, repolarisation_rr_s: self.repolarisation_rr_s, delay_s, axis_rad }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;
    use crate::rhythm::{Afterwards, Rhythm, Step};

    fn course(seed: u64, steps: &[(Rhythm, f64)], afterwards: Afterwards) -> Course {
        let steps = steps.iter().map(|&(rhythm, seconds)| Step { rhythm, seconds }).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let breathing = Breathing::new(&mut random);
        Course::new(Script::new(steps, afterwards).unwrap(), breathing, random)
    }

    fn intervals(beats: &[PlannedBeat]) -> Vec<f64> {
        beats.windows(2).map(|pair| pair[1].r_s - pair[0].r_s).collect()
    }

    fn mean_and_spread(values: &[f64]) -> (f64, f64) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt() / mean)
    }

    #[test]
    fn the_mean_interval_is_that_of_the_asked_rate() {
        for (seed, rate_bpm) in [30.0, 45.0, 60.0, 75.0, 100.0, 140.0, 200.0].into_iter().enumerate() {
            let beats = course(seed as u64, &[(Rhythm::Sinus { rate_bpm }, 600.0)], Afterwards::Hold).plan(600.0).beats;
            let (mean_s, spread) = mean_and_spread(&intervals(&beats));
            assert!((mean_s * rate_bpm / 60.0 - 1.0).abs() < 0.02, "{rate_bpm}/min: mean {mean_s} s");
            assert!((0.002..0.08).contains(&spread), "{rate_bpm}/min: spread {spread}");
        }
    }

    #[test]
    fn atrial_fibrillation_is_irregular_and_has_no_p_waves() {
        let rhythm = Rhythm::AtrialFibrillation { rate_bpm: 95.0 };
        let beats = course(5, &[(rhythm, 600.0)], Afterwards::Hold).plan(600.0).beats;
        let (mean_s, spread) = mean_and_spread(&intervals(&beats));
        assert!((mean_s * 95.0 / 60.0 - 1.0).abs() < 0.03, "mean {mean_s} s");
        assert!((0.18..0.26).contains(&spread), "spread {spread}");
        assert!(beats.iter().all(|beat| beat.kind == BeatKind::ConductedWithoutP));
    }

    #[test]
    fn a_premature_beat_comes_early_and_a_full_pause_follows() {
        let rhythm = Rhythm::SinusWithPvcs { rate_bpm: 70.0, pvcs_per_min: 8.0 };
        let beats = course(9, &[(rhythm, 1800.0)], Afterwards::Hold).plan(1800.0).beats;
        let premature: Vec<_> = beats.windows(3).filter(|beats| beats[1].kind == BeatKind::Ventricular).collect();
        let a_minute = premature.len() as f64 / 30.0;
        assert!((6.5..9.5).contains(&a_minute), "{a_minute} a minute");
        for beats in premature {
            let (before_s, after_s) = (beats[1].r_s - beats[0].r_s, beats[2].r_s - beats[1].r_s);
            let sinus_s = f64::midpoint(before_s, after_s);
            assert!((sinus_s * 70.0 / 60.0 - 1.0).abs() < 0.1, "pause is not compensatory: {before_s} + {after_s} s");
            assert!(before_s < 0.68 * sinus_s);
        }
    }

    #[test]
    fn asystole_and_fibrillation_have_no_beats_and_a_rhythm_returns() {
        let sinus = Rhythm::Sinus { rate_bpm: 75.0 };
        let steps = [(sinus, 20.0), (Rhythm::Asystole, 12.0), (sinus, 10.0), (Rhythm::VentricularFibrillation, 5.0)];
        let plan = course(1, &steps, Afterwards::Repeat).plan(60.0);
        let within = |from_s: f64, to_s: f64| plan.beats.iter().filter(|b| (from_s..to_s).contains(&b.r_s)).count();
        assert_eq!((within(20.0, 32.3), within(42.0, 47.3)), (0, 0));
        assert!((24..=25).contains(&within(0.0, 20.0)) && (11..=13).contains(&within(32.0, 42.0)));
        assert_eq!(plan.episodes.len(), 5);
        assert!(plan.episodes.windows(2).all(|pair| (pair[1].from_s - pair[0].to_s).abs() < 1e-9));
        assert_eq!(plan.episodes[4].rhythm, sinus);
    }

    #[test]
    fn standstill_keeps_only_the_atria() {
        let rhythm = Rhythm::VentricularStandstill { atrial_rate_bpm: 60.0 };
        let beats = course(1, &[(rhythm, 30.0)], Afterwards::Hold).plan(30.0).beats;
        assert!(beats.len() > 25 && beats.iter().all(|beat| beat.kind == BeatKind::AtrialOnly));
    }

    proptest! {
        #[test]
        fn the_plan_does_not_depend_on_how_time_is_cut(seed: u64, cuts in proptest::collection::vec(0.0..60.0_f64, 0..20)) {
            let steps = [
                (Rhythm::SinusWithPvcs { rate_bpm: 80.0, pvcs_per_min: 12.0 }, 12.0),
                (Rhythm::VentricularTachycardia { rate_bpm: 170.0 }, 5.0),
                (Rhythm::VentricularFibrillation, 4.0),
                (Rhythm::AtrialFibrillation { rate_bpm: 110.0 }, 9.0),
            ];
            let whole = course(seed, &steps, Afterwards::Repeat).plan(60.0);
            let mut course = course(seed, &steps, Afterwards::Repeat);
            let mut cuts = cuts;
            cuts.sort_by(f64::total_cmp);
            cuts.push(60.0);
            let parts: Vec<Plan> = cuts.into_iter().map(|to_s| course.plan(to_s)).collect();
            let beats: Vec<_> = parts.iter().flat_map(|plan| plan.beats.clone()).collect();
            prop_assert!(beats.windows(2).all(|pair| pair[1].r_s > pair[0].r_s + 0.2));
            prop_assert_eq!(beats, whole.beats);
            prop_assert_eq!(parts.iter().flat_map(|plan| plan.episodes.clone()).collect::<Vec<_>>(), whole.episodes);
        }
    }
}
