//! The episodes of a trial: which rhythm an alarm is for, and where in the truth it begins and ends.
//!
//! In: a code and a random stream. Out: a rhythm with its length; for the truth of that patient, its onset and end.

use std::{fmt, str::FromStr};

use rand::Rng;

use super::TrialEpisode;
use crate::{
    rhythm::Rhythm,
    truth::{BeatClass, BeatTruth, Truth},
};

/// What happens to the patients of a trial: the alarm that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialCode {
    /// No QRS complex for 8 to 15 s; in one of four P waves go on.
    Asys,
    /// Ventricular fibrillation of 10 to 25 s; in one of three it is fine.
    Vfib,
    /// Monomorphic ventricular tachycardia of 120 to 220 a minute for 12 s or more.
    Vtac,
    /// 150 to 200 a minute for 25 s, sinus or supraventricular.
    Xtachy,
    /// 25 to 36 a minute for 25 s, sinus or junctional.
    Xbrady,
    /// Ventricular beats at 22 to 36 a minute for 25 s.
    Vbrady,
    /// Sinus rhythm of 124 to 136 a minute for 25 s.
    Hrhi,
    /// Sinus rhythm of 42 to 47 a minute for 25 s.
    Hrlo,
    /// One run of 3 or 4 ventricular beats at 120 to 200 a minute.
    Nsvt,
    /// An accelerated idioventricular rhythm of 55 to 90 a minute for 25 s.
    Vrhy,
    /// One run of 4 to 10 ventricular beats at 65 to 90 a minute.
    Run,
    /// One pause of 2.7 to 3.6 s.
    Pause,
    /// Atrial fibrillation of 65 to 95 a minute for 75 s.
    Afib,
    /// Premature ventricular complexes, some 16 to 19 a minute for 75 s.
    Pvcm,
    /// One couplet, its beats less than 0.5 s apart.
    Cplt,
    /// Bigeminy for 25 s.
    Bigem,
    /// Trigeminy for 25 s.
    Trigem,
    /// R-on-T complexes, some 6 a minute for 25 s.
    Ront,
    /// Premature complexes of two shapes, some 15 a minute for 25 s.
    Multi,
    /// Nothing to alarm for; in one of four, one or two premature complexes a minute.
    Stable,
}

/// There is no such code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no trial {code:?}; give one of {}", TrialCode::ALL.map(TrialCode::name).join(", "))]
pub struct UnknownTrialCode {
    /// What was asked for.
    code: String,
}

impl TrialCode {
    /// All of them.
    pub const ALL: [TrialCode; 20] = [
        TrialCode::Asys,
        TrialCode::Vfib,
        TrialCode::Vtac,
        TrialCode::Xtachy,
        TrialCode::Xbrady,
        TrialCode::Vbrady,
        TrialCode::Hrhi,
        TrialCode::Hrlo,
        TrialCode::Nsvt,
        TrialCode::Vrhy,
        TrialCode::Run,
        TrialCode::Pause,
        TrialCode::Afib,
        TrialCode::Pvcm,
        TrialCode::Cplt,
        TrialCode::Bigem,
        TrialCode::Trigem,
        TrialCode::Ront,
        TrialCode::Multi,
        TrialCode::Stable,
    ];

    /// The code as alarms have it.
    pub fn name(self) -> &'static str {
        match self {
            TrialCode::Asys => "ASYS",
            TrialCode::Vfib => "VFIB",
            TrialCode::Vtac => "VTAC",
            TrialCode::Xtachy => "XTACHY",
            TrialCode::Xbrady => "XBRADY",
            TrialCode::Vbrady => "VBRADY",
            TrialCode::Hrhi => "HRHI",
            TrialCode::Hrlo => "HRLO",
            TrialCode::Nsvt => "NSVT",
            TrialCode::Vrhy => "VRHY",
            TrialCode::Run => "RUN",
            TrialCode::Pause => "PAUSE",
            TrialCode::Afib => "AFIB",
            TrialCode::Pvcm => "PVCM",
            TrialCode::Cplt => "CPLT",
            TrialCode::Bigem => "BIGEM",
            TrialCode::Trigem => "TRIGEM",
            TrialCode::Ront => "RONT",
            TrialCode::Multi => "MULTI",
            TrialCode::Stable => "stable",
        }
    }

    /// The rhythm of an episode and how long its step lasts; `None` for stable patients.
    pub(super) fn episode(self, random: &mut impl Rng) -> Option<(Rhythm, f64)> {
        let rate_bpm = random.random_range(60.0..90.0);
        let mut within = |range: std::ops::Range<f64>| random.random_range(range);
        // A run or pause comes after three beats of its step and the next one long after the step.
        let (once_s, once_per_min) = (14.0, 0.5);
        Some(match self {
            TrialCode::Asys => {
                let seconds = within(8.0..15.0);
                let standstill = within(0.0..1.0) < 0.25;
                let rhythm = if standstill {
                    Rhythm::VentricularStandstill { atrial_rate_bpm: rate_bpm }
                } else {
                    Rhythm::Asystole
                };
                (rhythm, seconds)
            }
            TrialCode::Vfib => {
                let seconds = within(10.0..25.0);
                let fine = within(0.0..1.0) < 1.0 / 3.0;
                let rhythm = if fine {
                    Rhythm::FineVentricularFibrillation { peak_mv: within(0.15..0.28) }
                } else {
                    Rhythm::VentricularFibrillation
                };
                (rhythm, seconds)
            }
            TrialCode::Vtac => (Rhythm::VentricularTachycardia { rate_bpm: within(120.0..220.0) }, within(13.5..22.0)),
            TrialCode::Xtachy => {
                let rate_bpm = within(150.0..200.0);
                let sinus = within(0.0..1.0) < 0.5;
                let rhythm =
                    if sinus { Rhythm::Sinus { rate_bpm } } else { Rhythm::SupraventricularTachycardia { rate_bpm } };
                (rhythm, 25.0)
            }
            TrialCode::Xbrady => {
                let sinus = within(0.0..1.0) < 0.5;
                let rhythm = if sinus {
                    Rhythm::Sinus { rate_bpm: within(25.0..36.0) }
                } else {
                    Rhythm::JunctionalRhythm { rate_bpm: within(30.0..36.0) }
                };
                (rhythm, 25.0)
            }
            TrialCode::Vbrady => (Rhythm::IdioventricularRhythm { rate_bpm: within(22.0..36.0) }, 25.0),
            TrialCode::Hrhi => (Rhythm::Sinus { rate_bpm: within(124.0..136.0) }, 25.0),
            TrialCode::Hrlo => (Rhythm::Sinus { rate_bpm: within(42.0..47.0) }, 25.0),
            TrialCode::Nsvt => {
                let run_rate_bpm = within(120.0..200.0);
                let run_beats = within(3.0..5.0) as u8;
                (Rhythm::VentricularRuns { rate_bpm, run_beats, run_rate_bpm, runs_per_min: once_per_min }, once_s)
            }
            TrialCode::Vrhy => (Rhythm::IdioventricularRhythm { rate_bpm: within(55.0..90.0) }, 25.0),
            TrialCode::Run => {
                let run_rate_bpm = within(65.0..90.0);
                let run_beats = within(4.0..11.0) as u8;
                (
                    Rhythm::VentricularRuns { rate_bpm, run_beats, run_rate_bpm, runs_per_min: once_per_min },
                    once_s + 4.0,
                )
            }
            TrialCode::Pause => {
                let pause_s = within(2.7..3.6);
                (Rhythm::SinusWithPauses { rate_bpm, pause_s, pauses_per_min: once_per_min }, once_s)
            }
            TrialCode::Afib => (Rhythm::AtrialFibrillation { rate_bpm: within(65.0..95.0) }, 75.0),
            TrialCode::Pvcm => (Rhythm::SinusWithPvcs { rate_bpm, pvcs_per_min: within(16.0..19.0) }, 75.0),
            TrialCode::Cplt => {
                let run_rate_bpm = within(125.0..180.0);
                let runs_per_min = once_per_min;
                (Rhythm::VentricularRuns { rate_bpm, run_beats: 2, run_rate_bpm, runs_per_min }, once_s)
            }
            TrialCode::Bigem => (Rhythm::Bigeminy { rate_bpm }, 25.0),
            TrialCode::Trigem => (Rhythm::Trigeminy { rate_bpm }, 25.0),
            TrialCode::Ront => (Rhythm::ROnTPvcs { rate_bpm, pvcs_per_min: 6.0 }, 25.0),
            TrialCode::Multi => (Rhythm::MultiformPvcs { rate_bpm, pvcs_per_min: 15.0 }, 25.0),
            TrialCode::Stable => return None,
        })
    }

    /// Where the episode lies in the truth of its patient.
    pub(super) fn in_truth(self, truth: &Truth) -> Option<TrialEpisode> {
        let episode = truth.episodes.get(1)?;
        let (from_s, to_s) = (episode.from_s, episode.to_s);
        let within = |beat: &&BeatTruth| (from_s..to_s).contains(&beat.r_s);
        let span = |first: Option<&BeatTruth>, last: Option<&BeatTruth>| {
            Some(TrialEpisode { onset_s: first?.r_s, end_s: last?.r_s })
        };
        let beats = &truth.beats;
        match self {
            TrialCode::Stable => None,
            TrialCode::Vfib => Some(TrialEpisode { onset_s: from_s, end_s: to_s }),
            TrialCode::Asys => {
                span(beats.iter().rfind(|beat| beat.r_s < from_s), beats.iter().find(|beat| beat.r_s >= to_s))
            }
            TrialCode::Pause => {
                let longest =
                    beats.windows(2).max_by(|a, b| (a[1].r_s - a[0].r_s).total_cmp(&(b[1].r_s - b[0].r_s)))?;
                span(longest.first(), longest.last())
            }
            TrialCode::Xtachy | TrialCode::Xbrady | TrialCode::Hrhi | TrialCode::Hrlo | TrialCode::Afib => {
                span(beats.iter().find(within), beats.iter().rfind(within))
            }
            _ => {
                let ventricular = |beat: &&BeatTruth| within(beat) && beat.class == BeatClass::Ventricular;
                span(beats.iter().find(ventricular), beats.iter().rfind(ventricular))
            }
        }
    }
}

/// The rhythm of a stable patient.
pub(super) fn stable(sinus: Rhythm, random: &mut impl Rng) -> Rhythm {
    match sinus {
        Rhythm::Sinus { rate_bpm } if random.random_bool(0.25) => {
            Rhythm::SinusWithPvcs { rate_bpm, pvcs_per_min: random.random_range(1.0..2.0) }
        }
        _ => sinus,
    }
}

impl fmt::Display for TrialCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for TrialCode {
    type Err = UnknownTrialCode;

    /// Letter case does not matter.
    fn from_str(text: &str) -> Result<TrialCode, UnknownTrialCode> {
        let code = TrialCode::ALL.into_iter().find(|code| code.name().eq_ignore_ascii_case(text));
        code.ok_or_else(|| UnknownTrialCode { code: text.to_owned() })
    }
}
