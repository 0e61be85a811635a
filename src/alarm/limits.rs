//! The limits at which alarms are raised, and the ranges in which a hospital may set them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of one bed. Defaults and ranges follow the PhysioNet/CinC 2015 definitions and the public manuals of
/// bedside monitors (asystole delay 3 to 10 s; extreme tachycardia 65 to 300, extreme bradycardia 15 to 115 bpm).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Asystole: seconds without a QRS complex (3 to 10).
    pub asystole_s: f64,
    /// Extreme tachycardia: beats a minute that must be exceeded (65 to 300).
    pub extreme_tachycardia_bpm: f64,
    /// Extreme tachycardia: over how many consecutive beats (5 to 30).
    pub extreme_tachycardia_beats: usize,
    /// Extreme bradycardia: beats a minute that must be undercut (15 to 115).
    pub extreme_bradycardia_bpm: f64,
    /// Extreme bradycardia: over how many consecutive beats (3 to 10).
    pub extreme_bradycardia_beats: usize,
    /// Leads off: seconds without a valid sample on a lead (0.5 to 10).
    pub leads_off_s: f64,
    /// No data: seconds without a chunk (2 to 30).
    pub no_data_s: f64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            asystole_s: 4.0,
            extreme_tachycardia_bpm: 140.0,
            extreme_tachycardia_beats: 17,
            extreme_bradycardia_bpm: 40.0,
            extreme_bradycardia_beats: 5,
            leads_off_s: 2.0,
            no_data_s: 5.0,
        }
    }
}

/// A limit outside of its range.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{key} = {value} is outside {from} to {to}")]
pub struct LimitError {
    /// Which limit.
    pub key: &'static str,
    /// What was asked for.
    pub value: f64,
    /// The lowest allowed value.
    pub from: f64,
    /// The highest allowed value.
    pub to: f64,
}

impl Limits {
    /// Every limit that is out of its range, or nothing.
    pub fn check(&self) -> Vec<LimitError> {
        [
            ("asystole_s", self.asystole_s, 3.0, 10.0),
            ("extreme_tachycardia_bpm", self.extreme_tachycardia_bpm, 65.0, 300.0),
            ("extreme_tachycardia_beats", self.extreme_tachycardia_beats as f64, 5.0, 30.0),
            ("extreme_bradycardia_bpm", self.extreme_bradycardia_bpm, 15.0, 115.0),
            ("extreme_bradycardia_beats", self.extreme_bradycardia_beats as f64, 3.0, 10.0),
            ("leads_off_s", self.leads_off_s, 0.5, 10.0),
            ("no_data_s", self.no_data_s, 2.0, 30.0),
        ]
        .into_iter()
        .filter(|(_, value, from, to)| !(from..=to).contains(&value))
        .map(|(key, value, from, to)| LimitError { key, value, from, to })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_each_excess_is_named() {
        assert_eq!(Limits::default().check(), vec![]);
        let wrong = Limits { asystole_s: f64::NAN, no_data_s: 99.0, ..Limits::default() };
        let keys: Vec<_> = wrong.check().into_iter().map(|error| error.key).collect();
        assert_eq!(keys, ["asystole_s", "no_data_s"]);
        assert_eq!(wrong.check()[1].to_string(), "no_data_s = 99 is outside 2 to 30");
    }
}
