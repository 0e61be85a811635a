//! The episodes of a trial: which rhythm an alarm is for, and where in the truth it begins and ends.
//!
//! In: a code and a random stream. Out: a rhythm with its length; for the truth of that patient, its onset and end.

use rand::Rng;

use super::{
    TrialCode, TrialEpisode,
    course::{self, QTC_S, STDEV_S},
};
use crate::{
    rhythm::Rhythm,
    truth::{BeatClass, BeatTruth, Truth},
};

/// A pulse that captures has its R peak within this time.
const ANSWERED_S: f64 = 0.35;

impl TrialCode {
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
            TrialCode::Svt => (Rhythm::SupraventricularTachycardia { rate_bpm: within(155.0..190.0) }, 4.0),
            TrialCode::Miss => {
                let rate_bpm = within(62.0..78.0);
                let pause_s = 2.0 * 60.0 / rate_bpm;
                (Rhythm::SinusWithPauses { rate_bpm, pause_s, pauses_per_min: once_per_min }, once_s)
            }
            TrialCode::Pnc => {
                let captured_beats = within(3.0..7.0) as u8;
                (Rhythm::FailureToCapture { rate_bpm: within(66.0..80.0), captured_beats, lost_beats: 1 }, 25.0)
            }
            TrialCode::Pnp => {
                let rate_bpm = within(75.0..85.0);
                let pause_s = 3.0 * 60.0 / rate_bpm;
                (Rhythm::FailureToPace { rate_bpm, pause_s, pauses_per_min: once_per_min }, once_s)
            }
            TrialCode::Leads => (Rhythm::Sinus { rate_bpm }, within(15.0..30.0)),
            TrialCode::Noise1 => (Rhythm::Sinus { rate_bpm }, within(12.0..18.0)),
            TrialCode::Noise2 => (Rhythm::Sinus { rate_bpm }, within(35.0..45.0)),
            TrialCode::Stdev => (Rhythm::Sinus { rate_bpm }, STDEV_S),
            TrialCode::Qtc => (Rhythm::Sinus { rate_bpm: within(60.0..75.0) }, QTC_S),
            TrialCode::Stable => return None,
        })
    }

    /// What the patient's heart does before and after the episode; `sinus` for most.
    pub(super) fn usual(self, sinus: Rhythm, episode: Rhythm) -> Rhythm {
        match (self, episode) {
            (TrialCode::Pnc, Rhythm::FailureToCapture { rate_bpm, .. })
            | (TrialCode::Pnp, Rhythm::FailureToPace { rate_bpm, .. }) => Rhythm::VentricularPacing { rate_bpm },
            // Not the rhythm is the episode.
            (
                TrialCode::Leads | TrialCode::Noise1 | TrialCode::Noise2 | TrialCode::Stdev | TrialCode::Qtc,
                Rhythm::Sinus { .. },
            ) => episode,
            // The beat is missed by the mean of the beats before it.
            (TrialCode::Miss, Rhythm::SinusWithPauses { rate_bpm, .. }) => Rhythm::Sinus { rate_bpm },
            _ => sinus,
        }
    }

    /// Where the episode lies in the truth of its patient.
    pub(in crate::scenario) fn in_truth(self, truth: &Truth) -> Option<TrialEpisode> {
        let episode = truth.episodes.get(1)?;
        let (from_s, to_s) = (episode.from_s, episode.to_s);
        let within = |beat: &&BeatTruth| (from_s..to_s).contains(&beat.r_s);
        let span = |first: Option<&BeatTruth>, last: Option<&BeatTruth>| {
            Some(TrialEpisode { onset_s: first?.r_s, end_s: last?.r_s })
        };
        let beats = &truth.beats;
        match self {
            TrialCode::Stable => None,
            TrialCode::Vfib | TrialCode::Leads | TrialCode::Noise1 | TrialCode::Noise2 => {
                Some(TrialEpisode { onset_s: from_s, end_s: to_s })
            }
            TrialCode::Stdev => course::st_episode(beats, from_s),
            TrialCode::Qtc => course::qtc_episode(beats),
            TrialCode::Pnc => {
                let unanswered = |at_s: &&f64| {
                    let answered = |beat: &BeatTruth| (0.0..ANSWERED_S).contains(&(beat.r_s - **at_s));
                    (from_s..to_s).contains(*at_s) && !beats.iter().any(answered)
                };
                let mut failed = truth.pulses_s.iter().filter(unanswered);
                let onset_s = *failed.next()?;
                Some(TrialEpisode {
                    onset_s,
                    end_s: failed.next_back().map_or(onset_s, |at_s| *at_s).max(onset_s + 1.0),
                })
            }
            TrialCode::Asys => {
                span(beats.iter().rfind(|beat| beat.r_s < from_s), beats.iter().find(|beat| beat.r_s >= to_s))
            }
            TrialCode::Pause | TrialCode::Miss | TrialCode::Pnp => {
                let longest =
                    beats.windows(2).max_by(|a, b| (a[1].r_s - a[0].r_s).total_cmp(&(b[1].r_s - b[0].r_s)))?;
                span(longest.first(), longest.last())
            }
            TrialCode::Xtachy
            | TrialCode::Xbrady
            | TrialCode::Hrhi
            | TrialCode::Hrlo
            | TrialCode::Afib
            | TrialCode::Svt => span(beats.iter().find(within), beats.iter().rfind(within)),
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
