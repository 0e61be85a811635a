//! What really happened to a simulated patient, to score a monitor against.
//!
//! Times are in seconds from the patient's first sample and exact: they come from the model, not from the signal.

use serde::Serialize;

use crate::rhythm::Rhythm;

/// Where a beat comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum BeatClass {
    /// Conducted from the atria. WFDB code `N`.
    #[serde(rename = "N")]
    Normal,
    /// From the atria, before the sinus node was due. WFDB code `A`.
    #[serde(rename = "A")]
    PrematureAtrial,
    /// From the ventricles. WFDB code `V`.
    #[serde(rename = "V")]
    Ventricular,
    /// Answers a pacemaker that stimulates the ventricles or, alone, the atria. WFDB code `/`.
    #[serde(rename = "/")]
    Paced,
}

/// One beat of the ventricles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BeatTruth {
    /// The R peak: the middle of the main wave of the QRS complex.
    pub r_s: f64,
    /// Where the dipole of the P wave first rises above 0.02 mV; none where there is no P wave or none to be seen.
    pub p_onset_s: Option<f64>,
    /// Where the dipole of the P wave falls below 0.02 mV for good.
    pub p_end_s: Option<f64>,
    /// Where the dipole of the QRS complex first rises above 0.02 mV.
    pub qrs_onset_s: f64,
    /// Where the dipole of the QRS complex falls below 0.02 mV for good.
    pub qrs_end_s: f64,
    /// Where the dipole of the T wave falls below 0.02 mV for good; the end of the QRS complex where no T wave can be seen.
    pub t_end_s: f64,
    /// The ST level of each lead in mV, in the order of [`crate::lead::Lead::ALL`]: 60 ms after the end of the QRS complex,
    /// from the level 16 ms before its begin. Noise and wander are no part of it.
    pub st_mv: [f32; 12],
    /// Where it comes from.
    pub class: BeatClass,
}

impl BeatTruth {
    /// From the begin of the P wave to that of the QRS complex, in seconds.
    pub fn pr_s(&self) -> Option<f64> {
        self.p_onset_s.map(|p_onset_s| self.qrs_onset_s - p_onset_s)
    }

    /// Length of the QRS complex in seconds.
    pub fn qrs_s(&self) -> f64 {
        self.qrs_end_s - self.qrs_onset_s
    }

    /// From the begin of the QRS complex to the end of the T wave, in seconds.
    pub fn qt_s(&self) -> f64 {
        self.t_end_s - self.qrs_onset_s
    }
}

/// What one beat looks like in one lead, without noise; in mV above the level 16 ms before the QRS complex. A deflection that
/// is not there is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LeadTruth {
    /// P wave, where it is farthest from the level.
    pub p_mv: f64,
    /// Q wave, negative; in a complex without R wave the whole QS.
    pub q_mv: f64,
    /// Duration of the Q wave in ms.
    pub q_ms: f64,
    /// R wave: the largest positive deflection.
    pub r_mv: f64,
    /// S wave, negative: the lowest after the R wave.
    pub s_mv: f64,
    /// Level at the end of the QRS complex, the J point.
    pub st_j_mv: f64,
    /// ST level 60 ms after the end of the QRS complex.
    pub st_mv: f64,
    /// T wave, where it is farthest from the level.
    pub t_mv: f64,
    /// Net area of the QRS complex in mV·ms.
    pub qrs_area_mv_ms: f64,
}

impl LeadTruth {
    /// By how much all of the ST segment is displaced: the level at J or J + 60 ms, whichever is nearer to zero; 0 when they are
    /// on both sides of it. J alone may be the end of a slurred complex, J + 60 ms alone the T wave.
    pub fn st_level_mv(&self) -> f64 {
        if self.st_j_mv * self.st_mv <= 0.0 {
            return 0.0;
        }
        if self.st_j_mv.abs() < self.st_mv.abs() { self.st_j_mv } else { self.st_mv }
    }
}

/// A stretch of one rhythm. It begins when the script says so: the last beat of the rhythm before may be earlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpisodeTruth {
    /// What the heart did.
    pub rhythm: Rhythm,
    /// Begin.
    pub from_s: f64,
    /// End; for the rhythm that is still going on, the time up to which the signal was made.
    pub to_s: f64,
}

/// Everything that happened up to now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// The beats in the order of their R peaks.
    pub beats: Vec<BeatTruth>,
    /// The rhythms, without gaps.
    pub episodes: Vec<EpisodeTruth>,
    /// The pulses of a pacemaker, answered or not, in seconds, rising.
    pub pulses_s: Vec<f64>,
}
