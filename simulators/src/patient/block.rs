//! Atrioventricular block: P waves at the pace of the sinus node, of which the ventricles follow some, late, or none.
//!
//! In: a rhythm and the beat before. Out: the next beat.

use rand::Rng;

use super::{
    breathing::Breathing,
    course::BeatKind,
    pace::{Due, sinus_rr_s},
};
use crate::rhythm::Rhythm;

/// In Wenckebach's block PR grows by this much after the first beat, and by less from beat to beat.
const FIRST_GROWTH_S: f64 = 0.08;
/// Each growth is this part of the one before, so that RR shortens until the pause.
const GROWTH_RATIO: f64 = 0.6;
/// An escape rhythm below this rate comes from the ventricles, above it from the AV junction.
const JUNCTIONAL_FROM_BPM: f64 = 40.0;

/// Where a block stands.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// Second degree: after `conducted` beats a P wave stays alone.
    Second { atrial_rate_bpm: f64, conducted: u8, grows: bool, place: u8, atrial_s: f64 },
    /// Third degree: two paces that know nothing of one another.
    Complete { atrial_rate_bpm: f64, escape_rate_bpm: f64, atrial_s: f64, escape_s: f64 },
}

impl Block {
    /// The block of a rhythm; `None` where there is none of second or third degree.
    pub(super) fn of(rhythm: Rhythm) -> Option<Block> {
        let second = |atrial_rate_bpm, conducted, grows| {
            Some(Block::Second { atrial_rate_bpm, conducted, grows, place: 0, atrial_s: 0.0 })
        };
        match rhythm {
            Rhythm::WenckebachBlock { atrial_rate_bpm, conducted_beats } => {
                second(atrial_rate_bpm, conducted_beats, true)
            }
            Rhythm::MobitzTwoBlock { atrial_rate_bpm, conducted_beats } => {
                second(atrial_rate_bpm, conducted_beats, false)
            }
            Rhythm::CompleteBlock { atrial_rate_bpm, escape_rate_bpm } => {
                Some(Block::Complete { atrial_rate_bpm, escape_rate_bpm, atrial_s: 0.0, escape_s: 0.0 })
            }
            _ => None,
        }
    }

    /// The first beat, the atria beginning so that they would be followed at `at_s`.
    pub(super) fn first(&mut self, at_s: f64) -> Due {
        match self {
            Block::Second { atrial_s, .. } => {
                *atrial_s = at_s;
                Due::at(at_s, BeatKind::Conducted)
            }
            Block::Complete { escape_rate_bpm, atrial_s, escape_s, .. } => {
                *atrial_s = at_s;
                *escape_s = at_s + 30.0 / *escape_rate_bpm;
                Due::at(at_s, BeatKind::AtrialOnly)
            }
        }
    }

    /// The beat that follows one of `kind` at `r_s`.
    pub(super) fn following(&mut self, kind: BeatKind, breathing: &Breathing, random: &mut impl Rng) -> Due {
        match self {
            Block::Second { atrial_rate_bpm, conducted, grows, place, atrial_s } => {
                *atrial_s += sinus_rr_s(*atrial_rate_bpm, *atrial_s, breathing, random);
                *place = (*place + 1) % (*conducted + 1);
                if *place == *conducted {
                    return Due::at(*atrial_s, BeatKind::AtrialOnly);
                }
                let growth = (1.0 - GROWTH_RATIO.powi((*place).into())) / (1.0 - GROWTH_RATIO);
                let delay_s = if *grows { FIRST_GROWTH_S * growth } else { 0.0 };
                Due { delay_s, ..Due::at(*atrial_s + delay_s, BeatKind::Conducted) }
            }
            Block::Complete { atrial_rate_bpm, escape_rate_bpm, atrial_s, escape_s } => {
                if kind == BeatKind::AtrialOnly {
                    *atrial_s += sinus_rr_s(*atrial_rate_bpm, *atrial_s, breathing, random);
                } else {
                    *escape_s += 60.0 / *escape_rate_bpm;
                }
                let escape = if *escape_rate_bpm < JUNCTIONAL_FROM_BPM {
                    BeatKind::Ventricular
                } else {
                    BeatKind::ConductedWithoutP
                };
                if *atrial_s < *escape_s {
                    Due::at(*atrial_s, BeatKind::AtrialOnly)
                } else {
                    Due::at(*escape_s, escape)
                }
            }
        }
    }
}
