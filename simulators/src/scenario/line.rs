//! The line of a bed, as a scenario file writes it.

use serde::Deserialize;

use super::BedError;
use crate::line::{ClockJump, LineFaults};

/// The table of a line; what is left out does not go wrong.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LineTable {
    lost: f64,
    repeated: f64,
    reordered: f64,
    late: f64,
    late_s: f64,
    silences_per_hour: f64,
    silence_s: f64,
    clock_skew_ppm: f64,
    clock_jump: Vec<JumpTable>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct JumpTable {
    at_s: f64,
    by_s: f64,
}

impl LineTable {
    /// The faults, if each is possible.
    pub(super) fn checked(&self) -> Result<LineFaults, BedError> {
        let jump = |jump: &JumpTable| ClockJump { at_s: jump.at_s, by_s: jump.by_s };
        let faults = LineFaults {
            lost: self.lost,
            repeated: self.repeated,
            reordered: self.reordered,
            late: self.late,
            late_s: self.late_s,
            silences_per_hour: self.silences_per_hour,
            silence_s: self.silence_s,
            clock_skew_ppm: self.clock_skew_ppm,
            clock_jumps: self.clock_jump.iter().map(jump).collect(),
        };
        match faults.out_of_range() {
            Some((key, value, min, max)) => Err(BedError::Line { key, value, min, max }),
            None => Ok(faults),
        }
    }
}
