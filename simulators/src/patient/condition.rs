//! Conditions that change the shape of every beat for a while: ischaemia, potassium, long QT, hypertrophy and others.
//!
//! In: the conditions of a patient and the waves of a beat. Out: the waves as the conditions leave them, and the ST
//! segments that they add. A condition comes and goes in a ramp; a beat has the strength of the moment of its R peak.
//!
//! An injured territory pulls the ST vector towards itself (away from itself where only the inner layer suffers), so that
//! the leads that look at it from opposite sides show reciprocal changes, as a dipole must.

use super::{
    course::{BeatKind, PlannedBeat},
    fade,
    segment::Segment,
    torso::{ELECTRODES, Torso},
    wave::{Part, Wave},
};

/// A wall of the left ventricle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Territory {
    /// V1 to V4, most in V2 and V3.
    Anterior,
    /// I, aVL, V4 to V6.
    Lateral,
    /// II, III, aVF, most in III; reciprocal in aVL.
    Inferior,
    /// Seen from behind: V1 to V3 show the reciprocal change.
    Posterior,
}

impl Territory {
    /// The name, as scenario files write it.
    pub fn name(self) -> &'static str {
        match self {
            Territory::Anterior => "anterior",
            Territory::Lateral => "lateral",
            Territory::Inferior => "inferior",
            Territory::Posterior => "posterior",
        }
    }

    /// Where it lies, seen from the middle of the heart: to the left, to the feet, to the back.
    fn direction(self) -> [f64; 3] {
        match self {
            Territory::Anterior => [0.15, 0.0, -1.0],
            Territory::Lateral => [1.0, -0.1, 0.1],
            Territory::Inferior => [-0.2, 1.0, 0.1],
            Territory::Posterior => [0.0, 0.1, 1.0],
        }
    }
}

/// What changes the beats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConditionKind {
    /// ST elevation over a territory.
    StElevation {
        /// Which wall.
        territory: Territory,
        /// How much the ST segment rises in the lead that shows the change best, 0.02 to 1 mV.
        level_mv: f64,
    },
    /// ST depression over a territory.
    StDepression {
        /// Which wall.
        territory: Territory,
        /// How much the ST segment sinks in the lead that shows the change best, 0.02 to 1 mV.
        level_mv: f64,
    },
    /// T waves turn over.
    TInversion,
    /// T waves turn over where the leads look at a territory.
    TerritorialTInversion {
        /// Which wall.
        territory: Territory,
        /// By how much the T wave sinks in the lead that shows the change best, 0.02 to 1.5 mV.
        level_mv: f64,
    },
    /// A scar: Q waves where the leads look at a territory, and less of the R wave.
    OldInfarction {
        /// Which wall.
        territory: Territory,
        /// How deep the added wave is in the lead that shows it best, 0.02 to 1.5 mV.
        level_mv: f64,
    },
    /// Too much potassium: narrow, tall T waves, wide QRS complexes, flat P waves.
    Hyperkalaemia,
    /// Repolarisation takes longer.
    LongQt {
        /// So many times as long, 1 to 1.8.
        times: f64,
    },
    /// Left ventricular hypertrophy with strain: tall R in I and V5, deep S in V1, T waves against them.
    LeftVentricularHypertrophy,
    /// Another amplitude of everything the heart does.
    Amplitude {
        /// So many times as high, 0.1 to 5; below some 0.4 it is low voltage.
        times: f64,
    },
    /// Wolff-Parkinson-White: a bypass excites the ventricles early. Short PR, delta wave, T against it.
    WolffParkinsonWhite,
}

impl ConditionKind {
    /// The name, as scenario files and the truth write it.
    pub fn name(self) -> &'static str {
        match self {
            ConditionKind::StElevation { .. } => "st-elevation",
            ConditionKind::StDepression { .. } => "st-depression",
            ConditionKind::TInversion => "t-inversion",
            ConditionKind::TerritorialTInversion { .. } => "territorial-t-inversion",
            ConditionKind::OldInfarction { .. } => "old-infarction",
            ConditionKind::Hyperkalaemia => "hyperkalaemia",
            ConditionKind::LongQt { .. } => "long-qt",
            ConditionKind::LeftVentricularHypertrophy => "left-ventricular-hypertrophy",
            ConditionKind::Amplitude { .. } => "amplitude",
            ConditionKind::WolffParkinsonWhite => "wolff-parkinson-white",
        }
    }

    /// The wall that it is about, if it is about one.
    pub fn territory(self) -> Option<Territory> {
        match self {
            ConditionKind::StElevation { territory, .. }
            | ConditionKind::StDepression { territory, .. }
            | ConditionKind::TerritorialTInversion { territory, .. }
            | ConditionKind::OldInfarction { territory, .. } => Some(territory),
            _ => None,
        }
    }

    /// The key of its number, the number, its least and greatest value; if it has one.
    pub fn number(self) -> Option<(&'static str, f64, [f64; 2])> {
        match self {
            ConditionKind::StElevation { level_mv, .. } | ConditionKind::StDepression { level_mv, .. } => {
                Some(("level_mv", level_mv, [0.02, 1.0]))
            }
            ConditionKind::TerritorialTInversion { level_mv, .. } | ConditionKind::OldInfarction { level_mv, .. } => {
                Some(("level_mv", level_mv, [0.02, 1.5]))
            }
            ConditionKind::LongQt { times } => Some(("times", times, [1.0, 1.8])),
            ConditionKind::Amplitude { times } => Some(("times", times, [0.1, 5.0])),
            _ => None,
        }
    }
}

/// A condition for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// What it is.
    pub kind: ConditionKind,
    /// When it begins to show, in seconds from the patient's first sample; before the first beat it is there from the start.
    pub from_s: f64,
    /// When it is gone; may be infinite.
    pub to_s: f64,
    /// How long it takes to come to its full strength, and to go.
    pub ramp_s: f64,
}

impl Condition {
    /// From the first beat on and for good.
    pub fn always(kind: ConditionKind) -> Condition {
        Condition { kind, from_s: 0.0, to_s: f64::INFINITY, ramp_s: 0.0 }
    }

    /// How strong it is at `t_s`, 0 to 1.
    pub fn strength(&self, t_s: f64) -> f64 {
        if !(self.from_s..self.to_s).contains(&t_s) {
            return 0.0;
        }
        if self.ramp_s > 0.0 {
            fade((t_s - self.from_s) / self.ramp_s).min(fade((self.to_s - t_s) / self.ramp_s))
        } else {
            1.0
        }
    }
}

/// How much narrower and taller T becomes, how much wider QRS and P, and how much of P stays, at full strength.
const POTASSIUM_T: (f64, f64) = (0.62, 2.6);
const POTASSIUM_QRS_WIDTH: f64 = 1.6;
const POTASSIUM_P: (f64, f64) = (1.3, 0.05);
/// What hypertrophy makes of the QRS complex to the left and to the back, and of the T wave to the left and the front.
const HYPERTROPHY_QRS: [f64; 3] = [2.2, 1.1, 1.9];
const HYPERTROPHY_T: [f64; 3] = [-0.7, -0.2, 0.6];
/// The delta wave: so long before the R peak, so wide, so high.
const DELTA_BEFORE_S: f64 = 0.036;
const DELTA_WIDTH_S: f64 = 0.0155;
const DELTA_MV: [f64; 3] = [0.36, 0.20, 0.20];
/// The P wave lies so much nearer: the bypass is found in hearts with a short way to it.
const DELTA_P_SHIFT_S: f64 = 0.025;
/// It hides the septal wave, whose middle lies earlier than this before the R peak.
const SEPTAL_BEFORE_S: f64 = 0.015;
const SEPTAL_LEFT: f64 = 0.15;
/// The T wave of a beat that a bypass began.
const DELTA_T: f64 = -0.6;
/// The wave of a scar: so long before the R peak, so wide; and how much of what went towards it is lost.
const SCAR_BEFORE_S: f64 = 0.033;
const SCAR_WIDTH_S: f64 = 0.011;
const SCAR_LOSS: f64 = 0.5;

/// The conditions of one patient.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions(pub Vec<Condition>);

impl Conditions {
    /// Changes the waves of a beat, and gives the ST segments to add to it, which begin to rise `st_rises_before_s` before the
    /// end of the QRS complex.
    pub(super) fn shape(&self, planned: PlannedBeat, waves: &mut Vec<Wave>, st_rises_before_s: f64) -> Vec<Segment> {
        let mut levels_mv = [0.0; 3];
        for condition in &self.0 {
            let strength = condition.strength(planned.r_s);
            if strength > 0.0 {
                apply(condition.kind, strength, planned, waves, &mut levels_mv);
            }
        }
        let changed = levels_mv.iter().any(|mv| mv.abs() > 0.0) && planned.kind.is_supraventricular();
        changed.then(|| Segment::of_beat(waves, levels_mv, st_rises_before_s)).flatten().into_iter().collect()
    }
}

fn apply(kind: ConditionKind, strength: f64, planned: PlannedBeat, waves: &mut Vec<Wave>, levels_mv: &mut [f64; 3]) {
    // From 1 without the condition to `full` with all of it.
    let towards = |full: f64| 1.0 + (full - 1.0) * strength;
    let mut each = |part: Part, wide: f64, high: [f64; 3]| {
        for wave in waves.iter_mut().filter(|wave| wave.part == part) {
            wave.width_s *= wide;
            if part != Part::P {
                wave.at_s = planned.r_s + (wave.at_s - planned.r_s) * if part == Part::Qrs { wide } else { 1.0 };
            }
            wave.peak_mv.iter_mut().zip(high).for_each(|(mv, times)| *mv *= times);
        }
    };
    match kind {
        ConditionKind::StElevation { territory, level_mv } => add_level(levels_mv, territory, strength * level_mv),
        ConditionKind::StDepression { territory, level_mv } => add_level(levels_mv, territory, -strength * level_mv),
        ConditionKind::TInversion => each(Part::T, 1.0, [1.0 - 2.0 * strength; 3]),
        ConditionKind::TerritorialTInversion { territory, level_mv } if planned.kind.is_supraventricular() => {
            // The T wave is made of two waves that overlap; the larger part goes to the later, sharper one.
            let away_mv = towards_territory(territory, -strength * level_mv);
            for (wave, share) in waves.iter_mut().filter(|wave| wave.part == Part::T).zip([0.45, 0.65]) {
                wave.peak_mv.iter_mut().zip(away_mv).for_each(|(mv, away)| *mv += share * away);
            }
        }
        ConditionKind::OldInfarction { territory, level_mv } if planned.kind.is_supraventricular() => {
            let away_mv = towards_territory(territory, -strength * level_mv);
            let direction = territory.direction();
            let length = direction.iter().map(|part| part * part).sum::<f64>();
            for wave in waves.iter_mut().filter(|wave| wave.part == Part::Qrs) {
                // What goes towards the scar is less.
                let along = wave.peak_mv.iter().zip(direction).map(|(mv, part)| mv * part).sum::<f64>() / length;
                let lost = SCAR_LOSS * strength * along.max(0.0);
                wave.peak_mv.iter_mut().zip(direction).for_each(|(mv, part)| *mv -= lost * part);
            }
            let at_s = planned.r_s - SCAR_BEFORE_S;
            waves.push(Wave { part: Part::Qrs, at_s, width_s: SCAR_WIDTH_S, peak_mv: away_mv });
        }
        ConditionKind::Hyperkalaemia => {
            each(Part::P, towards(POTASSIUM_P.0), [towards(POTASSIUM_P.1); 3]);
            each(Part::Qrs, towards(POTASSIUM_QRS_WIDTH), [1.0; 3]);
            each(Part::T, towards(POTASSIUM_T.0), [towards(POTASSIUM_T.1); 3]);
        }
        ConditionKind::LongQt { times } => {
            let times = towards(times);
            for wave in waves.iter_mut().filter(|wave| wave.part == Part::T) {
                wave.at_s = planned.r_s + (wave.at_s - planned.r_s) * times;
                wave.width_s *= times;
            }
        }
        ConditionKind::LeftVentricularHypertrophy if planned.kind.is_supraventricular() => {
            each(Part::Qrs, towards(1.1), HYPERTROPHY_QRS.map(towards));
            each(Part::T, 1.0, HYPERTROPHY_T.map(towards));
        }
        ConditionKind::Amplitude { times } => {
            for part in [Part::P, Part::Qrs, Part::T] {
                each(part, 1.0, [towards(times); 3]);
            }
        }
        ConditionKind::WolffParkinsonWhite if planned.kind == BeatKind::Conducted => {
            each(Part::T, 1.0, [towards(DELTA_T); 3]);
            for wave in waves.iter_mut().filter(|wave| wave.part == Part::P) {
                wave.at_s += DELTA_P_SHIFT_S * strength;
            }
            let is_septal = |wave: &&mut Wave| wave.part == Part::Qrs && wave.at_s < planned.r_s - SEPTAL_BEFORE_S;
            for wave in waves.iter_mut().filter(is_septal) {
                wave.peak_mv = wave.peak_mv.map(|mv| mv * towards(SEPTAL_LEFT));
            }
            let peak_mv = DELTA_MV.map(|mv| mv * strength);
            waves.push(Wave { part: Part::Qrs, at_s: planned.r_s - DELTA_BEFORE_S, width_s: DELTA_WIDTH_S, peak_mv });
        }
        ConditionKind::LeftVentricularHypertrophy
        | ConditionKind::WolffParkinsonWhite
        | ConditionKind::TerritorialTInversion { .. }
        | ConditionKind::OldInfarction { .. } => {}
    }
}

fn add_level(levels_mv: &mut [f64; 3], territory: Territory, level_mv: f64) {
    levels_mv.iter_mut().zip(towards_territory(territory, level_mv)).for_each(|(sum, part)| *sum += part);
}

/// A vector towards the territory, so long that the lead that shows it best has `level_mv`.
fn towards_territory(territory: Territory, level_mv: f64) -> [f64; 3] {
    let direction = territory.direction();
    let best =
        Torso::AVERAGE.leads_mv(direction, [0.0; ELECTRODES]).into_iter().map(f64::abs).fold(f64::EPSILON, f64::max);
    direction.map(|part| part * level_mv / best)
}
