//! ECG leads: the standard twelve by name and ISO/IEEE 11073 code, any other by its own name.

use std::{fmt, sync::Arc};

/// One ECG lead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the standard names
pub enum Lead {
    I,
    II,
    III,
    AVR,
    AVL,
    AVF,
    V1,
    V2,
    V3,
    V4,
    V5,
    V6,
    /// A lead outside the standard twelve, such as `MLII`, `MCL` or `ECG`, by the name it came with.
    Other(Arc<str>),
}

/// The standard twelve leads in the order of a printed page, with the name and the MDC code of each
/// (ISO/IEEE 11073-10101, partition 2; DICOM CID 3001).
const NAMES: [(Lead, &str, u32); 12] = [
    (Lead::I, "I", 131_073),
    (Lead::II, "II", 131_074),
    (Lead::III, "III", 131_133),
    (Lead::AVR, "aVR", 131_134),
    (Lead::AVL, "aVL", 131_135),
    (Lead::AVF, "aVF", 131_136),
    (Lead::V1, "V1", 131_075),
    (Lead::V2, "V2", 131_076),
    (Lead::V3, "V3", 131_077),
    (Lead::V4, "V4", 131_078),
    (Lead::V5, "V5", 131_079),
    (Lead::V6, "V6", 131_080),
];

/// The standard twelve leads in the order of a printed page.
pub const STANDARD_LEADS: [Lead; 12] = [
    Lead::I,
    Lead::II,
    Lead::III,
    Lead::AVR,
    Lead::AVL,
    Lead::AVF,
    Lead::V1,
    Lead::V2,
    Lead::V3,
    Lead::V4,
    Lead::V5,
    Lead::V6,
];

impl Lead {
    /// The lead of this name; letter case and surrounding blanks do not matter (`avr`, `AVR` and `aVR` are one lead).
    pub fn from_name(name: &str) -> Lead {
        let name = name.trim();
        NAMES
            .iter()
            .find(|(_, known, _)| known.eq_ignore_ascii_case(name))
            .map_or_else(|| Lead::Other(name.into()), |(lead, ..)| lead.clone())
    }

    /// The standard lead with this ISO/IEEE 11073 code.
    pub fn from_mdc_code(code: u32) -> Option<Lead> {
        NAMES.iter().find(|(.., known)| *known == code).map(|(lead, ..)| lead.clone())
    }

    /// The ISO/IEEE 11073 code (`MDC_ECG_LEAD_*`) of a standard lead.
    pub fn mdc_code(&self) -> Option<u32> {
        NAMES.iter().find(|(lead, ..)| lead == self).map(|(.., code)| *code)
    }

    /// The name as it is printed: `aVR`, `V1`, or the name the lead came with.
    pub fn name(&self) -> &str {
        match self {
            Lead::Other(name) => name,
            standard => NAMES.iter().find(|(lead, ..)| lead == standard).map_or("?", |(_, name, _)| name),
        }
    }

    /// Position among the standard twelve.
    pub fn standard_index(&self) -> Option<usize> {
        STANDARD_LEADS.iter().position(|lead| lead == self)
    }
}

impl fmt::Display for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_the_lead_and_back() {
        for lead in STANDARD_LEADS {
            assert_eq!(Lead::from_name(lead.name()), lead);
            assert_eq!(Lead::from_name(&lead.name().to_lowercase()), lead);
            assert_eq!(Lead::from_mdc_code(lead.mdc_code().unwrap()), Some(lead));
        }
        assert_eq!(Lead::from_name(" MLII ").name(), "MLII");
        assert_eq!(Lead::from_name("MLII").mdc_code(), None);
    }
}
