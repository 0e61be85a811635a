//! The pace of a rhythm: how long from one beat to the next, and of what kind the next beat is.
//!
//! In: a rhythm, the beat before, breathing and a random stream. Out: the next beat; none where there are no beats.

use std::f64::consts::TAU;

use rand::Rng;
use rand_distr::{Distribution, LogNormal, StandardNormal};

use super::{block::Block, breathing::Breathing, course::BeatKind, ectopy::Ectopy, pacemaker::Pacemaker};
use crate::rhythm::Rhythm;

/// A new rhythm begins with a beat not before this long after the old one ended: its P wave needs the room.
const FIRST_BEAT_S: f64 = 0.3;
/// A premature ventricular beat comes after this part of the sinus interval.
pub(super) const COUPLING: std::ops::Range<f64> = 0.57..0.63;
/// A premature atrial beat comes after this part of the sinus interval, and the next sinus beat after this one of it.
const ATRIAL_COUPLING: std::ops::Range<f64> = 0.62..0.76;
const RESET: std::ops::Range<f64> = 1.0..1.12;
/// Spread of the RR intervals in atrial fibrillation; patients have 0.15 to 0.3.
const FIBRILLATION_SPREAD: f64 = 0.22;
/// No AV node conducts faster than this.
const SHORTEST_FIBRILLATION_RR_S: f64 = 0.26;
/// Spread of the RR intervals in monomorphic ventricular tachycardia.
pub(super) const TACHYCARDIA_SPREAD: f64 = 0.012;
/// Spread of the RR intervals of a junctional focus or a re-entry through the AV node.
const JUNCTIONAL_SPREAD: f64 = 0.01;
/// Spread of the RR intervals of a ventricular escape focus.
const ESCAPE_SPREAD: f64 = 0.03;
/// Spread of the RR intervals in polymorphic ventricular tachycardia and torsades de pointes.
const POLYMORPHIC_SPREAD: f64 = 0.08;
/// Spread of the RR intervals of a dying heart, and how far the axis of its beats strays.
const AGONAL_SPREAD: f64 = 0.22;
const AGONAL_AXIS_RAD: f64 = 1.4;
/// How much breathing changes the RR interval in sinus arrhythmia, and chance besides.
const ARRHYTHMIA_DEPTH: f64 = 0.14;
const CHANCE_SPREAD: f64 = 0.01;
/// How far the axis jumps at most from one beat of it to the next.
const POLYMORPHIC_JUMP_RAD: f64 = 1.6;
/// In torsades de pointes the axis turns once in so many beats: a spindle of 5 to 10 beats in each lead.
const TWIST_BEATS: f64 = 16.0;
/// Beats before the first pause.
const FIRST_PAUSE_AFTER_BEATS: u32 = 3;

/// A beat that the pace asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Due {
    /// Its R peak, or where it would be.
    pub r_s: f64,
    pub kind: BeatKind,
    /// How much longer than the heart's own the PR interval is.
    pub delay_s: f64,
    /// By how much the axis is turned, in radians.
    pub axis_rad: f64,
}

impl Due {
    /// A beat with the heart's own PR interval and axis.
    pub(super) fn at(r_s: f64, kind: BeatKind) -> Due {
        Due { r_s, kind, delay_s: 0.0, axis_rad: 0.0 }
    }
}

/// The pace of the rhythm that is going on.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    rhythm: Rhythm,
    /// When the sinus node beats again after a premature beat.
    resume_s: f64,
    /// Beats until the next pause.
    until_pause: u32,
    ectopy: Option<Ectopy>,
    block: Option<Block>,
    pacemaker: Option<Pacemaker>,
    /// How far the axis has turned.
    axis_rad: f64,
}

impl Pace {
    pub(super) fn of(rhythm: Rhythm) -> Pace {
        Pace {
            rhythm,
            resume_s: 0.0,
            until_pause: FIRST_PAUSE_AFTER_BEATS,
            ectopy: Ectopy::of(rhythm),
            block: Block::of(rhythm),
            pacemaker: Pacemaker::of(rhythm),
            axis_rad: 0.0,
        }
    }

    /// The mean interval between beats in seconds; `None` where the ventricles do not beat.
    pub(super) fn mean_rr_s(&self) -> Option<f64> {
        match self.rhythm {
            Rhythm::Sinus { rate_bpm }
            | Rhythm::SinusArrhythmia { rate_bpm }
            | Rhythm::RegularSinus { rate_bpm }
            | Rhythm::SinusWithPvcs { rate_bpm, .. }
            | Rhythm::SinusWithPacs { rate_bpm, .. }
            | Rhythm::Bigeminy { rate_bpm }
            | Rhythm::Trigeminy { rate_bpm }
            | Rhythm::MultiformPvcs { rate_bpm, .. }
            | Rhythm::ROnTPvcs { rate_bpm, .. }
            | Rhythm::VentricularRuns { rate_bpm, .. }
            | Rhythm::SinusWithPauses { rate_bpm, .. }
            | Rhythm::FirstDegreeBlock { rate_bpm, .. }
            | Rhythm::WenckebachBlock { atrial_rate_bpm: rate_bpm, .. }
            | Rhythm::MobitzTwoBlock { atrial_rate_bpm: rate_bpm, .. }
            | Rhythm::CompleteBlock { escape_rate_bpm: rate_bpm, .. }
            | Rhythm::SupraventricularTachycardia { rate_bpm }
            | Rhythm::JunctionalRhythm { rate_bpm }
            | Rhythm::AtrialFibrillation { rate_bpm }
            | Rhythm::IdioventricularRhythm { rate_bpm }
            | Rhythm::AgonalRhythm { rate_bpm }
            | Rhythm::AtrialPacing { rate_bpm }
            | Rhythm::VentricularPacing { rate_bpm }
            | Rhythm::DualChamberPacing { rate_bpm }
            | Rhythm::FailureToCapture { rate_bpm, .. }
            | Rhythm::FailureToSense { rate_bpm, .. }
            | Rhythm::FailureToPace { rate_bpm, .. }
            | Rhythm::VentricularTachycardia { rate_bpm }
            | Rhythm::PolymorphicVentricularTachycardia { rate_bpm }
            | Rhythm::TorsadesDePointes { rate_bpm } => Some(60.0 / rate_bpm),
            Rhythm::AtrialFlutter { atrial_rate_bpm, waves_per_beat } => {
                Some(60.0 / atrial_rate_bpm * f64::from(waves_per_beat))
            }
            Rhythm::VentricularFibrillation
            | Rhythm::FineVentricularFibrillation { .. }
            | Rhythm::Asystole
            | Rhythm::VentricularStandstill { .. } => None,
        }
    }

    /// The first beat of a rhythm that begins at `from_s`, `last_r_s` being the last beat before it.
    pub(super) fn first(
        &mut self,
        from_s: f64,
        last_r_s: Option<f64>,
        breathing: &Breathing,
        random: &mut impl Rng,
    ) -> Option<Due> {
        let earliest_s = from_s + FIRST_BEAT_S;
        // Hearts that beat from the beginning of the record are not in step with one another.
        let at_start_s = earliest_s + random.random_range(0.0..0.5);
        if matches!(self.rhythm, Rhythm::VentricularStandstill { .. }) {
            return Some(Due::at(earliest_s, BeatKind::AtrialOnly));
        }
        let mean_rr_s = self.mean_rr_s()?;
        let kind = self.first_kind();
        let rr_s = match (self.rhythm, kind) {
            (Rhythm::AtrialFibrillation { rate_bpm }, _) => fibrillation_rr_s(rate_bpm, random),
            (Rhythm::RegularSinus { .. }, _) => mean_rr_s,
            (_, BeatKind::Conducted) => sinus_rr_s(60.0 / mean_rr_s, from_s, breathing, random),
            // A faster rhythm takes over with a beat that is as early as its others.
            _ => mean_rr_s,
        };
        let at_s = last_r_s.map_or(at_start_s, |last_s| earliest_s.max(last_s + rr_s));
        if let Some(block) = &mut self.block {
            return Some(block.first(at_s));
        }
        if let Some(pacemaker) = &mut self.pacemaker {
            return Some(pacemaker.first(at_s));
        }
        Some(Due { delay_s: self.delay_s(), ..Due::at(at_s, kind) })
    }

    /// The beat that follows one of `kind` at `r_s`.
    pub(super) fn following(
        &mut self,
        r_s: f64,
        kind: BeatKind,
        breathing: &Breathing,
        random: &mut impl Rng,
    ) -> Option<Due> {
        if let Some(ectopy) = &mut self.ectopy {
            return Some(ectopy.following(r_s, kind, breathing, random));
        }
        if let Some(block) = &mut self.block {
            return Some(block.following(kind, breathing, random));
        }
        if let Some(pacemaker) = &mut self.pacemaker {
            return Some(pacemaker.following(r_s, kind, breathing, random));
        }
        match self.rhythm {
            Rhythm::Sinus { rate_bpm } | Rhythm::FirstDegreeBlock { rate_bpm, .. } => {
                let rr_s = sinus_rr_s(rate_bpm, r_s, breathing, random);
                Some(Due { delay_s: self.delay_s(), ..Due::at(r_s + rr_s, BeatKind::Conducted) })
            }
            Rhythm::SinusArrhythmia { rate_bpm } => {
                let rr_s =
                    spread(60.0 / rate_bpm, CHANCE_SPREAD, random) * (1.0 + ARRHYTHMIA_DEPTH * breathing.at(r_s));
                Some(Due::at(r_s + rr_s, BeatKind::Conducted))
            }
            Rhythm::RegularSinus { rate_bpm } => Some(Due::at(r_s + 60.0 / rate_bpm, BeatKind::Conducted)),
            Rhythm::SinusWithPvcs { rate_bpm, pvcs_per_min } => {
                if kind == BeatKind::Ventricular {
                    return Some(Due::at(self.resume_s, BeatKind::Conducted));
                }
                let rr_s = sinus_rr_s(rate_bpm, r_s, breathing, random);
                // Each premature beat takes the place of a sinus beat.
                if random.random_bool(pvcs_per_min / (rate_bpm - pvcs_per_min)) {
                    // The sinus node goes on undisturbed; its blocked beat makes the pause fully compensatory.
                    self.resume_s = r_s + rr_s + sinus_rr_s(rate_bpm, r_s + rr_s, breathing, random);
                    Some(Due::at(r_s + rr_s * random.random_range(COUPLING), BeatKind::Ventricular))
                } else {
                    Some(Due::at(r_s + rr_s, BeatKind::Conducted))
                }
            }
            Rhythm::SinusWithPacs { rate_bpm, pacs_per_min } => {
                let rr_s = sinus_rr_s(rate_bpm, r_s, breathing, random);
                if kind == BeatKind::PrematureAtrial {
                    // The sinus node is reset and takes a little longer than usual.
                    return Some(Due::at(r_s + rr_s * random.random_range(RESET), BeatKind::Conducted));
                }
                if random.random_bool(pacs_per_min / (rate_bpm - pacs_per_min)) {
                    return Some(Due::at(r_s + rr_s * random.random_range(ATRIAL_COUPLING), BeatKind::PrematureAtrial));
                }
                Some(Due::at(r_s + rr_s, BeatKind::Conducted))
            }
            Rhythm::SinusWithPauses { rate_bpm, pause_s, pauses_per_min } => {
                self.until_pause -= 1;
                if self.until_pause == 0 {
                    self.until_pause = (rate_bpm / pauses_per_min).round() as u32;
                    return Some(Due::at(r_s + pause_s, BeatKind::Conducted));
                }
                Some(Due::at(r_s + sinus_rr_s(rate_bpm, r_s, breathing, random), BeatKind::Conducted))
            }
            Rhythm::AtrialFibrillation { rate_bpm } => {
                Some(Due::at(r_s + fibrillation_rr_s(rate_bpm, random), BeatKind::ConductedWithoutP))
            }
            Rhythm::SupraventricularTachycardia { rate_bpm } | Rhythm::JunctionalRhythm { rate_bpm } => {
                Some(Due::at(r_s + spread(60.0 / rate_bpm, JUNCTIONAL_SPREAD, random), BeatKind::ConductedWithoutP))
            }
            // In step with the flutter waves.
            Rhythm::AtrialFlutter { .. } => Some(Due::at(r_s + self.mean_rr_s()?, BeatKind::ConductedWithoutP)),
            Rhythm::VentricularTachycardia { rate_bpm } => {
                Some(Due::at(r_s + spread(60.0 / rate_bpm, TACHYCARDIA_SPREAD, random), BeatKind::Ventricular))
            }
            Rhythm::IdioventricularRhythm { rate_bpm } => {
                Some(Due::at(r_s + spread(60.0 / rate_bpm, ESCAPE_SPREAD, random), BeatKind::Ventricular))
            }
            Rhythm::AgonalRhythm { rate_bpm } => {
                let rr_s = spread(60.0 / rate_bpm, AGONAL_SPREAD, random);
                let axis_rad = random.random_range(-AGONAL_AXIS_RAD..AGONAL_AXIS_RAD);
                Some(Due { axis_rad, ..Due::at(r_s + rr_s, BeatKind::Agonal) })
            }
            Rhythm::PolymorphicVentricularTachycardia { rate_bpm } => {
                self.axis_rad += random.random_range(-POLYMORPHIC_JUMP_RAD..POLYMORPHIC_JUMP_RAD);
                let rr_s = spread(60.0 / rate_bpm, POLYMORPHIC_SPREAD, random);
                Some(Due { axis_rad: self.axis_rad, ..Due::at(r_s + rr_s, BeatKind::Ventricular) })
            }
            Rhythm::TorsadesDePointes { rate_bpm } => {
                self.axis_rad += TAU / TWIST_BEATS;
                let rr_s = spread(60.0 / rate_bpm, POLYMORPHIC_SPREAD, random);
                Some(Due { axis_rad: self.axis_rad, ..Due::at(r_s + rr_s, BeatKind::Ventricular) })
            }
            Rhythm::VentricularStandstill { atrial_rate_bpm } => {
                Some(Due::at(r_s + sinus_rr_s(atrial_rate_bpm, r_s, breathing, random), BeatKind::AtrialOnly))
            }
            // The patterns, blocks and pacemakers are above; the others have no beats.
            _ => None,
        }
    }

    fn first_kind(&self) -> BeatKind {
        match self.rhythm {
            Rhythm::AtrialFibrillation { .. }
            | Rhythm::AtrialFlutter { .. }
            | Rhythm::SupraventricularTachycardia { .. }
            | Rhythm::JunctionalRhythm { .. } => BeatKind::ConductedWithoutP,
            Rhythm::VentricularTachycardia { .. }
            | Rhythm::PolymorphicVentricularTachycardia { .. }
            | Rhythm::TorsadesDePointes { .. }
            | Rhythm::IdioventricularRhythm { .. } => BeatKind::Ventricular,
            Rhythm::AgonalRhythm { .. } => BeatKind::Agonal,
            _ => BeatKind::Conducted,
        }
    }

    fn delay_s(&self) -> f64 {
        if let Rhythm::FirstDegreeBlock { delay_s, .. } = self.rhythm { delay_s } else { 0.0 }
    }
}

/// An interval that deviates from `rr_s` by a normal share of standard deviation `share`.
fn spread(rr_s: f64, share: f64, random: &mut impl Rng) -> f64 {
    let deviation: f64 = random.sample(StandardNormal);
    rr_s * (1.0 + share * deviation.clamp(-3.0, 3.0))
}

/// The next interval of a sinus node of mean rate `rate_bpm`: breathing, the slow wave of blood pressure at 0.1 Hz, and
/// chance. Fast hearts vary less.
pub(super) fn sinus_rr_s(rate_bpm: f64, t_s: f64, breathing: &Breathing, random: &mut impl Rng) -> f64 {
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
