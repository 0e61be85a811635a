//! A finding: one criterion, whether the window meets it, and what in the waveform says so.

use crate::ecg::Lead;
use crate::measure::Measured;

/// What is measured with less confidence than this decides nothing. Three RR intervals, the fewest over which monitors
/// average a slow rate, have a confidence of 0.375; two may be chance.
pub const LEAST_CONFIDENCE: f64 = 0.3;

/// A wall of the left ventricle and the leads that look at it (AHA/ACCF/HRS recommendations part VI, Wagner et al.,
/// Circulation 2009, with the common names).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Territory {
    /// V2, V3 and V4.
    Anterior,
    /// V1 and V2.
    Septal,
    /// I, aVL, V5 and V6.
    Lateral,
    /// II, III and aVF.
    Inferior,
}

impl Territory {
    /// All of them.
    pub const ALL: [Territory; 4] = [Territory::Anterior, Territory::Septal, Territory::Lateral, Territory::Inferior];

    /// The name in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Territory::Anterior => "anterior",
            Territory::Septal => "septal",
            Territory::Lateral => "lateral",
            Territory::Inferior => "inferior",
        }
    }

    /// The leads that look at it. Any two of them count as contiguous.
    pub const fn leads(self) -> &'static [Lead] {
        match self {
            Territory::Anterior => &[Lead::V2, Lead::V3, Lead::V4],
            Territory::Septal => &[Lead::V1, Lead::V2],
            Territory::Lateral => &[Lead::I, Lead::AVL, Lead::V5, Lead::V6],
            Territory::Inferior => &[Lead::II, Lead::III, Lead::AVF],
        }
    }
}

/// What may be found. The limit of each stands at the function that applies it and in [`Finding::rule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criterion {
    /// A P wave of the sinus node before each conducted QRS complex, at a constant distance.
    SinusRhythm,
    /// Sinus rhythm below 60 bpm.
    SinusBradycardia,
    /// Sinus rhythm above 100 bpm.
    SinusTachycardia,
    /// A ventricular rate below 60 bpm, whatever the rhythm.
    Bradycardia,
    /// A ventricular rate above 100 bpm, whatever the rhythm.
    Tachycardia,
    /// RR intervals of conducted beats that differ.
    IrregularRhythm,
    /// No P waves and RR intervals that differ without order.
    AtrialFibrillation,
    /// No P wave before the QRS complexes.
    AbsentP,
    /// Narrow, regular, without P waves before it, not fast.
    JunctionalRhythm,
    /// Narrow, regular, fast, without P waves before it.
    SupraventricularTachycardia,
    /// Beats from the ventricles.
    VentricularBeats,
    /// Three or more beats from the ventricles in a row at more than 100 bpm.
    VentricularTachycardia,
    /// Fibrillation or flutter waves of the ventricles instead of complexes.
    VentricularFibrillation,
    /// No QRS complex for four seconds.
    Asystole,
    /// Beats that answer a pacemaker.
    Paced,
    /// PR above 200 ms.
    FirstDegreeBlock,
    /// Single P waves that no QRS complex follows.
    SecondDegreeBlock,
    /// P waves and QRS complexes each at their own pace.
    ThirdDegreeBlock,
    /// PR below 120 ms.
    ShortPr,
    /// QRS of 120 ms or more.
    WideQrs,
    /// Left bundle branch block.
    LeftBundleBranchBlock,
    /// Right bundle branch block.
    RightBundleBranchBlock,
    /// The shape of right bundle branch block with QRS of 110 to 119 ms.
    IncompleteRightBundleBranchBlock,
    /// QRS axis from -30° to 90°.
    NormalAxis,
    /// QRS axis from -30° to -90°.
    LeftAxisDeviation,
    /// QRS axis from 90° to 180°.
    RightAxisDeviation,
    /// QRS axis from -90° to -180°.
    ExtremeAxisDeviation,
    /// Voltage of left ventricular hypertrophy.
    LeftVentricularHypertrophy,
    /// Low voltage in the limb leads or in the chest leads.
    LowVoltage,
    /// ST elevation in two leads of a wall.
    StElevation(Territory),
    /// ST depression in two leads of a wall.
    StDepression(Territory),
    /// Inverted T waves in two leads of a wall.
    TInversion(Territory),
    /// Pathological Q waves in two leads of a wall.
    PathologicalQ(Territory),
    /// QTc above 460 ms.
    ProlongedQtc,
    /// QTc below 350 ms.
    ShortQtc,
    /// None of the abnormal ones.
    NormalEcg,
}

impl Criterion {
    /// The name in a report.
    pub fn name(self) -> String {
        let fixed = match self {
            Criterion::StElevation(wall) => return format!("{} ST elevation", wall.name()),
            Criterion::StDepression(wall) => return format!("{} ST depression", wall.name()),
            Criterion::TInversion(wall) => return format!("{} T wave inversion", wall.name()),
            Criterion::PathologicalQ(wall) => return format!("{} pathological Q waves", wall.name()),
            Criterion::SinusRhythm => "sinus rhythm",
            Criterion::SinusBradycardia => "sinus bradycardia",
            Criterion::SinusTachycardia => "sinus tachycardia",
            Criterion::Bradycardia => "bradycardia",
            Criterion::Tachycardia => "tachycardia",
            Criterion::IrregularRhythm => "irregular rhythm",
            Criterion::AtrialFibrillation => "atrial fibrillation",
            Criterion::AbsentP => "absent P waves",
            Criterion::JunctionalRhythm => "junctional rhythm",
            Criterion::SupraventricularTachycardia => "supraventricular tachycardia",
            Criterion::VentricularBeats => "premature ventricular complexes",
            Criterion::VentricularTachycardia => "ventricular tachycardia",
            Criterion::VentricularFibrillation => "ventricular fibrillation",
            Criterion::Asystole => "asystole",
            Criterion::Paced => "paced rhythm",
            Criterion::FirstDegreeBlock => "first-degree AV block",
            Criterion::SecondDegreeBlock => "second-degree AV block",
            Criterion::ThirdDegreeBlock => "third-degree AV block",
            Criterion::ShortPr => "short PR interval",
            Criterion::WideQrs => "wide QRS complex",
            Criterion::LeftBundleBranchBlock => "left bundle branch block",
            Criterion::RightBundleBranchBlock => "right bundle branch block",
            Criterion::IncompleteRightBundleBranchBlock => "incomplete right bundle branch block",
            Criterion::NormalAxis => "normal axis",
            Criterion::LeftAxisDeviation => "left axis deviation",
            Criterion::RightAxisDeviation => "right axis deviation",
            Criterion::ExtremeAxisDeviation => "extreme axis deviation",
            Criterion::LeftVentricularHypertrophy => "left ventricular hypertrophy",
            Criterion::LowVoltage => "low voltage",
            Criterion::ProlongedQtc => "prolonged QTc",
            Criterion::ShortQtc => "short QTc",
            Criterion::NormalEcg => "normal ECG",
        };
        fixed.to_owned()
    }
}

/// Is a criterion met?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// The window does not tell.
    NotMeasurable,
}

impl Outcome {
    /// Met or not met.
    pub fn of(met: bool) -> Outcome {
        if met { Outcome::Met } else { Outcome::NotMet }
    }

    /// Met when both are; not met when one is surely not.
    #[must_use]
    pub fn and(self, other: Outcome) -> Outcome {
        match (self, other) {
            (Outcome::NotMet, _) | (_, Outcome::NotMet) => Outcome::NotMet,
            (Outcome::Met, Outcome::Met) => Outcome::Met,
            _ => Outcome::NotMeasurable,
        }
    }

    /// Met when one is; not met when both are surely not.
    #[must_use]
    pub fn or(self, other: Outcome) -> Outcome {
        match (self, other) {
            (Outcome::Met, _) | (_, Outcome::Met) => Outcome::Met,
            (Outcome::NotMet, Outcome::NotMet) => Outcome::NotMet,
            _ => Outcome::NotMeasurable,
        }
    }

    /// Met becomes not met and the other way round.
    #[must_use]
    pub fn contrary(self) -> Outcome {
        match self {
            Outcome::Met => Outcome::NotMet,
            Outcome::NotMet => Outcome::Met,
            Outcome::NotMeasurable => Outcome::NotMeasurable,
        }
    }
}

/// One criterion applied to one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which.
    pub criterion: Criterion,
    /// Is it met?
    pub outcome: Outcome,
    /// So near to the limit that the accuracy of the measurement does not tell one side from the other.
    pub is_borderline: bool,
    /// The criterion in words, limit included.
    pub rule: &'static str,
    /// The leads that carry it: those that meet it, or those that were looked at.
    pub leads: Vec<Lead>,
    /// The value that decided, where one value did.
    pub value: Option<f64>,
    /// Unit of the value.
    pub unit: &'static str,
    /// From which second of the window.
    pub from_s: f64,
    /// To which second of the window.
    pub to_s: f64,
    /// The seconds at which it happened, where it is about single beats.
    pub moments_s: Vec<f64>,
}

impl Finding {
    /// A finding that rests on one measured value, `limits` being those between which the value meets it.
    pub(super) fn within(
        criterion: Criterion,
        rule: &'static str,
        measured: &Measured,
        limits: std::ops::Range<f64>,
        margin: f64,
    ) -> Finding {
        let value = reliable(measured);
        let outcome = value.map_or(Outcome::NotMeasurable, |value| Outcome::of(limits.contains(&value)));
        let near = |limit: f64| value.is_some_and(|value| (value - limit).abs() <= margin);
        Finding {
            is_borderline: near(limits.start) || near(limits.end),
            value,
            unit: measured.unit,
            leads: measured.leads.clone(),
            from_s: measured.from_s,
            to_s: measured.to_s,
            ..Finding::bare(criterion, rule, outcome)
        }
    }

    /// A finding without a value, leads or seconds yet.
    pub(super) fn bare(criterion: Criterion, rule: &'static str, outcome: Outcome) -> Finding {
        Finding {
            criterion,
            outcome,
            is_borderline: false,
            rule,
            leads: Vec::new(),
            value: None,
            unit: "",
            from_s: 0.0,
            to_s: 0.0,
            moments_s: Vec::new(),
        }
    }

    /// The same, seen where this value was measured.
    #[must_use]
    pub(super) fn at(self, measured: &Measured) -> Finding {
        Finding {
            leads: measured.leads.clone(),
            value: measured.value,
            unit: measured.unit,
            from_s: measured.from_s,
            to_s: measured.to_s,
            ..self
        }
    }

    /// Is it met?
    pub fn is_met(&self) -> bool {
        self.outcome == Outcome::Met
    }
}

/// The value, if it is there and certain enough to decide by.
pub fn reliable(measured: &Measured) -> Option<f64> {
    measured.value.filter(|value| value.is_finite() && measured.confidence >= LEAST_CONFIDENCE)
}
