//! Which leads are derived from which, and in which order: the recorded ones always come first.
//!
//! In goes a [`Strip`], out comes the same strip with every lead of the standard twelve that can be had, those that were
//! not recorded marked as derived.

use super::easi::add_derived_easi_leads;
use super::limb_leads::add_derived_limb_leads;
use crate::ecg::Strip;

/// Adds what can be derived: limb leads from two that were recorded, then the rest from EASI, then the limb leads that
/// follow from those.
pub fn add_derived_leads(strip: &mut Strip) {
    add_derived_limb_leads(strip);
    add_derived_easi_leads(strip);
    add_derived_limb_leads(strip);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ecg::{Lead, StripLead, Time};

    const NAMES: [&str; 16] =
        ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6", "ES", "AS", "AI", "MLII"];

    proptest! {
        /// Whatever was recorded stays as it was; what is derived is of the standard twelve, there once, and has a number
        /// only where its sources have one.
        #[test]
        fn what_was_recorded_stays(
            names in prop::sample::subsequence(NAMES.to_vec(), 0..12).prop_shuffle(),
            values in prop::collection::vec(prop::option::weighted(0.9, -1e4_f32..1e4), 12 * 5),
        ) {
            let row = |lead: usize| values[lead * 5..lead * 5 + 5].iter().map(|value| value.unwrap_or(f32::NAN)).collect();
            let lead = |(index, name): (usize, &&str)| {
                StripLead { lead: Lead::from_name(name), derived: false, samples_mv: row(index) }
            };
            let leads: Vec<StripLead> = names.iter().enumerate().map(lead).collect();
            let mut strip = Strip { start: Time::default(), rate_hz: 500.0, leads: leads.clone() };
            add_derived_leads(&mut strip);
            let (recorded, derived) = strip.leads.split_at(leads.len());
            let bits = |leads: &[StripLead]| -> Vec<(Lead, bool, Vec<u32>)> {
                let row = |lead: &StripLead| lead.samples_mv.iter().map(|value| value.to_bits()).collect();
                leads.iter().map(|lead| (lead.lead.clone(), lead.derived, row(lead))).collect()
            };
            prop_assert_eq!(bits(recorded), bits(&leads));
            for lead in derived {
                prop_assert!(lead.derived && lead.lead.standard_index().is_some() && lead.samples_mv.len() == 5);
                prop_assert_eq!(strip.leads.iter().filter(|other| other.lead == lead.lead).count(), 1);
                for (index, value) in lead.samples_mv.iter().enumerate() {
                    prop_assert!(!value.is_infinite());
                    prop_assert!(value.is_nan() || leads.iter().any(|lead| lead.samples_mv[index].is_finite()));
                }
            }
        }
    }
}
