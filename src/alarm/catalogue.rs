//! The alarms there are: one row each with code, words, priority, latching, rank and delay.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::rows::CATALOGUE;

/// Which alarm. The codes are stable: alert ids are made from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AlarmCode {
    /// No QRS complex for the limit, no ventricular fibrillation, electrodes on.
    #[serde(rename = "ASYS")]
    Asystole,
    /// Fibrillation or flutter waves instead of complexes for the limit.
    #[serde(rename = "VFIB")]
    VentricularFibrillation,
    /// A run of ventricular beats as long as the limit and faster than its rate.
    #[serde(rename = "VTAC")]
    VentricularTachycardia,
    /// Heart rate above the extreme limit over the last beats.
    #[serde(rename = "XTACHY")]
    ExtremeTachycardia,
    /// Heart rate below the extreme limit over the last beats.
    #[serde(rename = "XBRADY")]
    ExtremeBradycardia,
    /// A run of ventricular beats as long as the limit and slower than its rate.
    #[serde(rename = "VBRADY")]
    VentricularBradycardia,
    /// Heart rate above the limit.
    #[serde(rename = "HRHI")]
    HighHeartRate,
    /// Heart rate below the limit.
    #[serde(rename = "HRLO")]
    LowHeartRate,
    /// A run of three ventricular beats or more at the rate of ventricular tachycardia, too short to be one.
    #[serde(rename = "NSVT")]
    NonsustainedTachycardia,
    /// A long run of ventricular beats below the rate of ventricular tachycardia.
    #[serde(rename = "VRHY")]
    VentricularRhythm,
    /// Three ventricular beats or more below the rate of ventricular tachycardia, too few to be a rhythm.
    #[serde(rename = "RUN")]
    VentricularRun,
    /// A run of narrow beats that began at once, as long as the limit and faster than its rate.
    #[serde(rename = "SVT")]
    SupraventricularTachycardia,
    /// No QRS complex for the limit.
    #[serde(rename = "PAUSE")]
    Pause,
    /// Irregularly irregular beats without P waves; its onset and its end alone are told.
    #[serde(rename = "AFIB")]
    AtrialFibrillation,
    /// A pulse that no QRS complex followed.
    #[serde(rename = "PNC")]
    PacerNotCapture,
    /// Neither pulse nor QRS complex for longer than the pacing interval.
    #[serde(rename = "PNP")]
    PacerNotPacing,
    /// The ST level of neighbouring leads has changed and stays so.
    #[serde(rename = "STDEV")]
    StChange,
    /// The corrected QT interval is too long, or much longer than it was.
    #[serde(rename = "QTC")]
    LongQtc,
    /// More ventricular beats than the limit within a minute.
    #[serde(rename = "PVCM")]
    FrequentVentricularBeats,
    /// Two ventricular beats in a row, nearer than 600 ms.
    #[serde(rename = "CPLT")]
    Couplet,
    /// Every other beat is ventricular, three times or more.
    #[serde(rename = "BIGEM")]
    Bigeminy,
    /// Every third beat is ventricular, three times or more.
    #[serde(rename = "TRIGEM")]
    Trigeminy,
    /// A ventricular beat on the T wave before it.
    #[serde(rename = "RONT")]
    ROnT,
    /// Ventricular beats of two shapes or more among the last 15 beats.
    #[serde(rename = "MULTI")]
    Multiform,
    /// An RR interval of 1.8 times the mean or more that no premature beat began.
    #[serde(rename = "MISS")]
    MissedBeat,
    /// An electrode is off, or a lead carries no valid sample.
    #[serde(rename = "LEADS")]
    LeadsOff,
    /// No lead is good enough to tell arrhythmias: only alarms of high priority are looked for.
    #[serde(rename = "NOISE1")]
    Noise,
    /// Noisy for 20 of the last 30 s.
    #[serde(rename = "NOISE2")]
    ArrhythmiaSuspended,
    /// The stream is silent.
    #[serde(rename = "NODATA")]
    NoData,
    /// The time stamps of the monitor jumped.
    #[serde(rename = "CLOCK")]
    ClockJump,
    /// A part of gemwatch itself is down: alarms go on without it.
    #[serde(rename = "DEGRADED")]
    Degraded,
}

/// How urgent an alarm is, after IEC 60601-1-8. Technical alarms speak of the equipment, the others of the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the words of the standard
pub enum Priority {
    Technical,
    Low,
    Medium,
    High,
}

impl Priority {
    /// May the windows of such an alarm be read? Single ectopic beats, which are of low priority, would keep the model from what
    /// matters.
    pub fn is_worth_reading(self) -> bool {
        self >= Priority::Medium
    }
}

impl AlarmCode {
    /// All alarms, most urgent first.
    pub const ALL: [AlarmCode; 31] = [
        AlarmCode::Asystole,
        AlarmCode::VentricularFibrillation,
        AlarmCode::VentricularTachycardia,
        AlarmCode::ExtremeTachycardia,
        AlarmCode::ExtremeBradycardia,
        AlarmCode::VentricularBradycardia,
        AlarmCode::HighHeartRate,
        AlarmCode::LowHeartRate,
        AlarmCode::NonsustainedTachycardia,
        AlarmCode::VentricularRhythm,
        AlarmCode::VentricularRun,
        AlarmCode::SupraventricularTachycardia,
        AlarmCode::Pause,
        AlarmCode::AtrialFibrillation,
        AlarmCode::PacerNotCapture,
        AlarmCode::PacerNotPacing,
        AlarmCode::StChange,
        AlarmCode::LongQtc,
        AlarmCode::FrequentVentricularBeats,
        AlarmCode::Couplet,
        AlarmCode::Bigeminy,
        AlarmCode::Trigeminy,
        AlarmCode::ROnT,
        AlarmCode::Multiform,
        AlarmCode::MissedBeat,
        AlarmCode::LeadsOff,
        AlarmCode::Noise,
        AlarmCode::ArrhythmiaSuspended,
        AlarmCode::NoData,
        AlarmCode::ClockJump,
        AlarmCode::Degraded,
    ];

    /// Its row in the catalogue.
    pub const fn spec(self) -> &'static AlarmSpec {
        &CATALOGUE[self as usize]
    }

    /// The code as it is written in alerts.
    pub const fn as_str(self) -> &'static str {
        self.spec().text
    }

    /// The words a nurse reads.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// How urgent.
    pub const fn priority(self) -> Priority {
        self.spec().priority
    }

    /// The ISO/IEEE 11073 event code (partition 3) where there is one: numbers of DICOM CID 3038, and those that vendors
    /// export in the same numbering.
    pub const fn mdc_code(self) -> Option<u32> {
        const PARTITION_3: u32 = 3 << 16;
        match self.spec().mdc_event {
            Some(event) => Some(PARTITION_3 + event),
            None => None,
        }
    }
}

/// All that is fixed of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmSpec {
    /// Which.
    pub code: AlarmCode,
    /// The code as it is written.
    pub text: &'static str,
    /// The words a nurse reads.
    pub name: &'static str,
    /// How urgent.
    pub priority: Priority,
    /// Does it stay until somebody has taken note, though the condition is over?
    pub latching: bool,
    /// Place in the chain of arrhythmias: while one of a higher rank stands, one of medium or low priority is logged
    /// and not announced. None for those outside of the chain.
    pub rank: Option<u8>,
    /// Level of its time-out: within it a repetition is logged and not announced. 0 for none.
    pub timeout_level: u8,
    /// What it means, in one sentence.
    pub definition: &'static str,
    /// The latest alert after onset by design.
    pub delay: &'static str,
    /// Event number in partition 3 of ISO/IEEE 11073.
    pub mdc_event: Option<u32>,
    /// SNOMED CT concept.
    pub snomed: Option<u64>,
    /// Whose definition it is.
    pub source: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_where_its_code_points() {
        for (code, spec) in AlarmCode::ALL.into_iter().zip(&CATALOGUE) {
            assert_eq!(spec.code, code);
            assert_eq!(code.spec(), spec);
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].priority >= pair[1].priority), "most urgent first");
    }

    #[test]
    fn high_priority_latches_and_has_neither_time_out_nor_the_lowest_ranks() {
        for spec in CATALOGUE.iter().filter(|spec| spec.priority == Priority::High) {
            assert!(spec.latching && spec.timeout_level == 0 && spec.rank >= Some(7), "{spec:?}");
        }
    }
}
