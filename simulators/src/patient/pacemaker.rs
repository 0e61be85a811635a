//! Pacemakers: pulses at a pace of their own, answered or not.
//!
//! In: a rhythm and the beat before. Out: the next beat, or the next pulse that stays alone.

use rand::Rng;

use super::{
    breathing::Breathing,
    course::BeatKind,
    pace::{Due, sinus_rr_s},
    wave::{Part, STIMULUS, Wave},
};
use crate::rhythm::Rhythm;

/// The stimulus in the right atrium, as a monitor's filter leaves it: a bipolar lead far from the ventricles.
const ATRIAL_STIMULUS_MV: [f64; 3] = [0.35, 0.45, -0.15];
/// So long before the middle of the first part of the P wave.
const ATRIAL_STIMULUS_BEFORE_P_S: f64 = 0.05;
/// For so long after an R peak a pulse meets ventricles that cannot answer.
const REFRACTORY_S: f64 = 0.32;
/// A pulse so shortly before the heart's own R peak comes too late to be answered.
const TOO_LATE_S: f64 = 0.14;
/// After a captured pulse the AV node conducts nothing for this long.
const BLOCKED_S: f64 = 0.45;
/// Beats before the first failure to pace.
const FIRST_FAILURE_AFTER_BEATS: u32 = 3;

/// Where a pacemaker stands.
#[derive(Clone, Debug)]
pub(super) enum Pacemaker {
    /// Every pulse is answered.
    Steady { kind: BeatKind, rr_s: f64 },
    /// After `captured` answered pulses `lost` stay alone; `place` counts on from one answered pulse to the next.
    NotCapturing { rr_s: f64, captured: u8, lost: u8, place: u8 },
    /// Pulses at fixed intervals, and the heart's own beats.
    NotSensing { rate_bpm: f64, pulse_rr_s: f64, own_r_s: f64, pulse_r_s: f64, last_r_s: f64 },
    /// No pulse for a while.
    NotPacing { rr_s: f64, pause_s: f64, beats: u32, left: u32 },
}

impl Pacemaker {
    /// The pacemaker of a rhythm; `None` where there is none.
    pub(super) fn of(rhythm: Rhythm) -> Option<Pacemaker> {
        let steady = |kind, rate_bpm: f64| Some(Pacemaker::Steady { kind, rr_s: 60.0 / rate_bpm });
        match rhythm {
            Rhythm::AtrialPacing { rate_bpm } => steady(BeatKind::PacedAtria, rate_bpm),
            Rhythm::VentricularPacing { rate_bpm } => steady(BeatKind::PacedVentricles, rate_bpm),
            Rhythm::DualChamberPacing { rate_bpm } => steady(BeatKind::PacedBoth, rate_bpm),
            Rhythm::FailureToCapture { rate_bpm, captured_beats, lost_beats } => Some(Pacemaker::NotCapturing {
                rr_s: 60.0 / rate_bpm,
                captured: captured_beats,
                lost: lost_beats,
                place: 0,
            }),
            Rhythm::FailureToSense { rate_bpm, pacer_rate_bpm } => Some(Pacemaker::NotSensing {
                rate_bpm,
                pulse_rr_s: 60.0 / pacer_rate_bpm,
                own_r_s: 0.0,
                pulse_r_s: 0.0,
                last_r_s: 0.0,
            }),
            Rhythm::FailureToPace { rate_bpm, pause_s, pauses_per_min } => Some(Pacemaker::NotPacing {
                rr_s: 60.0 / rate_bpm,
                pause_s,
                beats: (rate_bpm / pauses_per_min).round().max(1.0) as u32,
                left: FIRST_FAILURE_AFTER_BEATS,
            }),
            _ => None,
        }
    }

    /// The first beat, at `at_s`.
    pub(super) fn first(&mut self, at_s: f64) -> Due {
        match self {
            Pacemaker::Steady { kind, .. } => Due::at(at_s, *kind),
            Pacemaker::NotCapturing { .. } | Pacemaker::NotPacing { .. } => Due::at(at_s, BeatKind::PacedVentricles),
            Pacemaker::NotSensing { pulse_rr_s, own_r_s, pulse_r_s, last_r_s, .. } => {
                (*own_r_s, *last_r_s) = (at_s, at_s);
                *pulse_r_s = at_s + 0.6 * *pulse_rr_s;
                Due::at(at_s, BeatKind::Conducted)
            }
        }
    }

    /// The beat that follows one of `kind` at `r_s`.
    pub(super) fn following(&mut self, r_s: f64, kind: BeatKind, breathing: &Breathing, random: &mut impl Rng) -> Due {
        match self {
            Pacemaker::Steady { kind, rr_s } => Due::at(r_s + *rr_s, *kind),
            Pacemaker::NotCapturing { rr_s, captured, lost, place } => {
                *place = (*place + 1) % (*captured + *lost);
                Due::at(r_s + *rr_s, if *place < *captured { BeatKind::PacedVentricles } else { BeatKind::PulseOnly })
            }
            Pacemaker::NotPacing { rr_s, pause_s, beats, left } => {
                *left -= 1;
                if *left == 0 {
                    *left = *beats;
                    return Due::at(r_s + *pause_s, BeatKind::PacedVentricles);
                }
                Due::at(r_s + *rr_s, BeatKind::PacedVentricles)
            }
            Pacemaker::NotSensing { rate_bpm, pulse_rr_s, own_r_s, pulse_r_s, last_r_s } => {
                match kind {
                    BeatKind::Conducted => *own_r_s = r_s + sinus_rr_s(*rate_bpm, r_s, breathing, random),
                    _ => *pulse_r_s = r_s + *pulse_rr_s,
                }
                if kind.has_qrs() {
                    *last_r_s = r_s;
                }
                if kind == BeatKind::PacedVentricles {
                    while *own_r_s < r_s + BLOCKED_S {
                        *own_r_s += sinus_rr_s(*rate_bpm, *own_r_s, breathing, random);
                    }
                }
                if *own_r_s < *pulse_r_s {
                    return Due::at(*own_r_s, BeatKind::Conducted);
                }
                let pulse_s = *pulse_r_s + STIMULUS.at_s;
                let answered = pulse_s - *last_r_s > REFRACTORY_S && *own_r_s - pulse_s > TOO_LATE_S;
                Due::at(*pulse_r_s, if answered { BeatKind::PacedVentricles } else { BeatKind::PulseOnly })
            }
        }
    }
}

/// The waves of a beat, with the stimulus that its P wave answers.
pub(super) fn with_atrial_stimulus(mut waves: Vec<Wave>) -> Vec<Wave> {
    if let Some(p) = waves.iter().find(|wave| wave.part == Part::P) {
        let at_s = p.at_s - ATRIAL_STIMULUS_BEFORE_P_S;
        waves.insert(0, Wave { at_s, peak_mv: ATRIAL_STIMULUS_MV, ..STIMULUS });
    }
    waves
}
