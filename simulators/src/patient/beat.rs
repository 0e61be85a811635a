//! One beat: its waves in absolute time, and the truth about it.
//!
//! In: waves and the plan that they carry out. Out: the dipole at any time, and where each part begins and ends.

use super::{
    course::{BeatKind, PlannedBeat},
    marks::{self, WaveMark},
    segment::Segment,
    torso::{ELECTRODES, Torso},
    wave::{Part, Wave, is_visible, visible_from_s, visible_to_s},
};
use crate::truth::{BeatClass, BeatTruth};

/// The level from which ST is counted lies this long before the QRS complex ...
pub(super) const LEVEL_BEFORE_QRS_S: f64 = 0.016;
/// ... and ST is read this long after its end, the J point.
const ST_AFTER_J_S: f64 = 0.06;

/// One beat in absolute time.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    waves: Vec<Wave>,
    segments: Vec<Segment>,
    begin_s: f64,
    end_s: f64,
    truth: Option<BeatTruth>,
}

impl Beat {
    /// The beat of these waves under this torso; `is_paced` says that beats from the atria are answers to a pacemaker.
    pub(super) fn new(
        waves: Vec<Wave>,
        segments: Vec<Segment>,
        planned: PlannedBeat,
        is_paced: bool,
        torso: &Torso,
    ) -> Beat {
        let class = match planned.kind {
            BeatKind::Conducted | BeatKind::ConductedWithoutP if is_paced => Some(BeatClass::Paced),
            BeatKind::Conducted | BeatKind::ConductedWithoutP => Some(BeatClass::Normal),
            BeatKind::PrematureAtrial => Some(BeatClass::PrematureAtrial),
            BeatKind::Ventricular | BeatKind::OtherVentricular | BeatKind::Agonal => Some(BeatClass::Ventricular),
            BeatKind::PacedAtria | BeatKind::PacedVentricles | BeatKind::PacedBoth => Some(BeatClass::Paced),
            BeatKind::AtrialOnly | BeatKind::PulseOnly => None,
        };
        let end_s = waves.iter().map(Wave::end_s).fold(planned.r_s, f64::max);
        let end_s = segments.iter().map(Segment::end_s).fold(end_s, f64::max);
        let begin_s = waves.iter().map(Wave::begin_s).fold(planned.r_s, f64::min);
        let mut beat = Beat { waves, segments, begin_s, end_s, truth: None };
        beat.truth = class.map(|class| beat.measured(planned.r_s, class, torso));
        beat
    }

    /// The truth about the beat as somebody reads it who sees a wave as soon as one lead shows this much of it, in mV: P
    /// waves, QRS complex, T wave. `None` where the ventricles do not beat.
    pub(super) fn as_read(&self, torso: &Torso, [p_mv, qrs_mv, t_mv]: [f64; 3]) -> Option<BeatTruth> {
        let truth = self.truth?;
        let seen_mv = |part| match part {
            Part::P => p_mv,
            Part::T => t_mv,
            Part::Qrs | Part::Spike => qrs_mv,
        };
        let is_seen = |part: Part, dipole_mv: [f64; 3]| {
            torso.leads_mv(dipole_mv, [0.0; ELECTRODES]).iter().any(|mv| mv.abs() > seen_mv(part))
        };
        Some(self.marked(truth.r_s, truth.class, torso, is_seen))
    }

    /// The truth about the beat, from its waves.
    fn measured(&self, r_s: f64, class: BeatClass, torso: &Torso) -> BeatTruth {
        self.marked(r_s, class, torso, |_, dipole_mv| is_visible(dipole_mv))
    }

    /// The beat with its waves marked where they are seen.
    fn marked(&self, r_s: f64, class: BeatClass, torso: &Torso, is_seen: impl Fn(Part, [f64; 3]) -> bool) -> BeatTruth {
        let of = |part| self.waves.iter().filter(|wave| wave.part == part).copied().collect::<Vec<Wave>>();
        let visible_from_s = |waves: &[Wave], part: Part| visible_from_s(waves, |dipole_mv| is_seen(part, dipole_mv));
        let visible_to_s = |waves: &[Wave], part: Part| visible_to_s(waves, |dipole_mv| is_seen(part, dipole_mv));
        let (p, qrs, t) = (of(Part::P), of(Part::Qrs), of(Part::T));
        let (qrs_onset_s, qrs_end_s) = (visible_from_s(&qrs, Part::Qrs), visible_to_s(&qrs, Part::Qrs));
        // Where nothing is ever as high as what can be seen, both searches end at the wrong end.
        let seen = |onset_s: f64, end_s: f64| (end_s > onset_s).then_some((onset_s, end_s));
        let p = seen(visible_from_s(&p, Part::P), visible_to_s(&p, Part::P));
        let leads_at = |t_s: f64| {
            let mut dipole_mv = [0.0; 3];
            self.add_to(t_s, &mut dipole_mv);
            torso.leads_mv(dipole_mv, [0.0; ELECTRODES])
        };
        let (level, st) = (leads_at(qrs_onset_s - LEVEL_BEFORE_QRS_S), leads_at(qrs_end_s + ST_AFTER_J_S));
        let mut st_mv = [0.0; 12];
        st_mv.iter_mut().zip(st.iter().zip(level)).for_each(|(out, (st, level))| *out = (st - level) as f32);
        BeatTruth {
            r_s,
            p_onset_s: p.map(|(onset_s, _)| onset_s),
            p_end_s: p.map(|(_, end_s)| end_s),
            qrs_onset_s,
            qrs_end_s,
            t_end_s: visible_to_s(&t, Part::T).max(qrs_end_s),
            st_mv,
            class,
        }
    }

    /// Adds the dipole of this beat at the time `t_s`.
    pub(super) fn add_to(&self, t_s: f64, dipole_mv: &mut [f64; 3]) {
        for wave in &self.waves {
            wave.add_to(t_s, dipole_mv);
        }
        for segment in &self.segments {
            segment.add_to(t_s, dipole_mv);
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

    /// Its waves in each lead.
    pub(super) fn marks(&self, torso: &Torso) -> [Vec<WaveMark>; 12] {
        marks::of_beat(&self.waves, torso, self.truth.map(|truth| truth.class))
    }

    /// What a monitor should find; `None` where the ventricles do not beat.
    pub(super) fn truth(&self) -> Option<BeatTruth> {
        self.truth
    }
}
