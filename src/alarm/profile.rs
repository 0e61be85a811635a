//! Whose limits a bed has: those of the ward, or those of an age.
//!
//! In: the limits as they are configured, and for each age the same with what differs by age. Out: the limits of one bed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Limits;

/// Whose alarm limits hold unless set otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Adults.
    Adult,
    /// From one year to puberty.
    Child,
    /// Newborn children and infants.
    Neonate,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Profile; 3] = [Profile::Adult, Profile::Child, Profile::Neonate];

    /// The name as it is set.
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::Adult => "adult",
            Profile::Child => "child",
            Profile::Neonate => "neonate",
        }
    }
}

/// The limits that a bed may start from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitProfiles {
    /// Those of every bed that nothing is said of.
    pub configured: Limits,
    /// The same, with what differs by age set for each of [`Profile::ALL`].
    pub of_ages: [Limits; 3],
}

impl LimitProfiles {
    /// The limits of this age, or those that are configured.
    pub const fn limits(&self, profile: Option<Profile>) -> &Limits {
        match profile {
            None => &self.configured,
            Some(profile) => &self.of_ages[profile as usize],
        }
    }
}
