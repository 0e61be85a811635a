//! One beat: its waves in absolute time, and the truth about it.
//!
//! In: waves and the plan that they carry out. Out: the dipole at any time, and where each part begins and ends.

use super::{
    course::{BeatKind, PlannedBeat},
    wave::{Part, Wave, visible_from_s, visible_to_s},
};
use crate::truth::{BeatClass, BeatTruth};

/// One beat in absolute time.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    waves: Vec<Wave>,
    begin_s: f64,
    end_s: f64,
    truth: Option<BeatTruth>,
}

impl Beat {
    /// The beat of these waves; `is_paced` says that beats from the atria are answers to a pacemaker.
    pub(super) fn new(waves: Vec<Wave>, planned: PlannedBeat, is_paced: bool) -> Beat {
        let class = match planned.kind {
            BeatKind::Conducted | BeatKind::ConductedWithoutP if is_paced => Some(BeatClass::Paced),
            BeatKind::Conducted | BeatKind::ConductedWithoutP => Some(BeatClass::Normal),
            BeatKind::Ventricular | BeatKind::OtherVentricular | BeatKind::Agonal => Some(BeatClass::Ventricular),
            BeatKind::PacedAtria | BeatKind::PacedVentricles | BeatKind::PacedBoth => Some(BeatClass::Paced),
            BeatKind::AtrialOnly | BeatKind::PulseOnly => None,
        };
        let truth = class.map(|class| {
            let qrs: Vec<Wave> = waves.iter().filter(|wave| wave.part == Part::Qrs).copied().collect();
            let t: Vec<Wave> = waves.iter().filter(|wave| wave.part == Part::T).copied().collect();
            BeatTruth {
                r_s: planned.r_s,
                qrs_onset_s: visible_from_s(&qrs),
                qrs_end_s: visible_to_s(&qrs),
                t_end_s: visible_to_s(&t),
                class,
            }
        });
        let end_s = waves.iter().map(Wave::end_s).fold(planned.r_s, f64::max);
        let begin_s = waves.iter().map(Wave::begin_s).fold(planned.r_s, f64::min);
        Beat { waves, begin_s, end_s, truth }
    }

    /// Adds the dipole of this beat at the time `t_s`.
    pub(super) fn add_to(&self, t_s: f64, dipole_mv: &mut [f64; 3]) {
        for wave in &self.waves {
            wave.add_to(t_s, dipole_mv);
        }
    }

    /// Until here the beat adds nothing.
    pub(super) fn begin_s(&self) -> f64 {
        self.begin_s
    }

    /// From here on the beat adds nothing.
    pub(super) fn end_s(&self) -> f64 {
        self.end_s
    }

    /// When a pacemaker gave a pulse for it.
    pub(super) fn pulses_s(&self) -> impl Iterator<Item = f64> {
        self.waves.iter().filter(|wave| wave.part == Part::Spike).map(|wave| wave.at_s)
    }

    /// What a monitor should find; `None` where the ventricles do not beat.
    pub(super) fn truth(&self) -> Option<BeatTruth> {
        self.truth
    }
}
