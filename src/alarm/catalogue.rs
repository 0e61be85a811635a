//! The alarms there are: code, words, priority and nomenclature of each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which alarm. The codes are stable: alert ids are made from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AlarmCode {
    /// No QRS complex for longer than the limit.
    #[serde(rename = "ASYS")]
    Asystole,
    /// Heart rate above the extreme limit over the last beats.
    #[serde(rename = "XTACHY")]
    ExtremeTachycardia,
    /// Heart rate below the extreme limit over the last beats.
    #[serde(rename = "XBRADY")]
    ExtremeBradycardia,
    /// At least one electrode is off, or a lead carries no valid sample.
    #[serde(rename = "LEADS")]
    LeadsOff,
    /// The stream is silent.
    #[serde(rename = "NODATA")]
    NoData,
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

impl AlarmCode {
    /// All alarms, most urgent first.
    pub const ALL: [AlarmCode; 5] = [
        AlarmCode::Asystole,
        AlarmCode::ExtremeTachycardia,
        AlarmCode::ExtremeBradycardia,
        AlarmCode::LeadsOff,
        AlarmCode::NoData,
    ];

    /// The code as it is written in alerts.
    pub const fn as_str(self) -> &'static str {
        match self {
            AlarmCode::Asystole => "ASYS",
            AlarmCode::ExtremeTachycardia => "XTACHY",
            AlarmCode::ExtremeBradycardia => "XBRADY",
            AlarmCode::LeadsOff => "LEADS",
            AlarmCode::NoData => "NODATA",
        }
    }

    /// The words a nurse reads.
    pub const fn name(self) -> &'static str {
        match self {
            AlarmCode::Asystole => "Asystole",
            AlarmCode::ExtremeTachycardia => "Extreme tachycardia",
            AlarmCode::ExtremeBradycardia => "Extreme bradycardia",
            AlarmCode::LeadsOff => "Leads off",
            AlarmCode::NoData => "No data",
        }
    }

    /// How urgent.
    pub const fn priority(self) -> Priority {
        match self {
            AlarmCode::Asystole | AlarmCode::ExtremeTachycardia | AlarmCode::ExtremeBradycardia => Priority::High,
            AlarmCode::LeadsOff | AlarmCode::NoData => Priority::Technical,
        }
    }

    /// The ISO/IEEE 11073 event code (partition 3) where there is one: asystole 3076 from DICOM CID 3038,
    /// the extreme rates 3086 and 3122 from the same numbering as vendors export it.
    pub const fn mdc_code(self) -> Option<u32> {
        const PARTITION_3: u32 = 3 << 16;
        match self {
            AlarmCode::Asystole => Some(PARTITION_3 + 3076),
            AlarmCode::ExtremeBradycardia => Some(PARTITION_3 + 3086),
            AlarmCode::ExtremeTachycardia => Some(PARTITION_3 + 3122),
            AlarmCode::LeadsOff | AlarmCode::NoData => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_code_is_the_serialised_one() {
        for code in AlarmCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
