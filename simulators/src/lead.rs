//! The twelve standard leads: their order, names and ISO/IEEE 11073 codes.

use std::fmt;

/// A standard lead. `lead as usize` is its place on a printed page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
}

impl Lead {
    /// All twelve in the order of a printed page; the order of every array of leads in this crate.
    pub const ALL: [Lead; 12] = [
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

    /// The lead of this printed name; letter case does not matter.
    pub fn from_name(name: &str) -> Option<Lead> {
        Lead::ALL.into_iter().find(|lead| lead.name().eq_ignore_ascii_case(name))
    }

    /// The name as it is printed.
    pub fn name(self) -> &'static str {
        ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"][self as usize]
    }

    /// The code `MDC_ECG_LEAD_*` (ISO/IEEE 11073-10101; DICOM CID 3001).
    pub fn mdc_code(self) -> u32 {
        const CODES: [u32; 12] = [
            131_073, 131_074, 131_133, 131_134, 131_135, 131_136, 131_075, 131_076, 131_077, 131_078, 131_079, 131_080,
        ];
        CODES[self as usize]
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
    fn names_and_codes_belong_to_the_place_on_the_page() {
        for (place, lead) in Lead::ALL.into_iter().enumerate() {
            assert_eq!(lead as usize, place);
            assert_eq!(Lead::from_name(&lead.name().to_lowercase()), Some(lead));
        }
        assert_eq!((Lead::AVR.name(), Lead::AVR.mdc_code()), ("aVR", 131_134));
        assert_eq!((Lead::V6.name(), Lead::V6.mdc_code()), ("V6", 131_080));
        assert_eq!(Lead::from_name("V7"), None);
    }
}
