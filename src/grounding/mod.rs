//! Claims from the text of a reading, and the check of each against the measurements.

mod claim;

pub use claim::{Claim, ClaimKind, Verdict};
