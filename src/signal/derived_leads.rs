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
