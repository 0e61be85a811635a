//! The limits at which alarms are raised, and the ranges in which a hospital may set them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AlarmCode, Priority};

/// Limits of one bed. Defaults and ranges follow the PhysioNet/CinC 2015 definitions and the public manuals of
/// bedside monitors (asystole delay 3 to 10 s; extreme tachycardia 65 to 300, extreme bradycardia 15 to 115 bpm).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Asystole: seconds without a QRS complex (3 to 10).
    pub asystole_s: f64,
    /// Ventricular fibrillation: seconds of its waves (3 to 6).
    pub ventricular_fibrillation_s: f64,
    /// Ventricular tachycardia: beats in a row (3 to 99).
    pub ventricular_tachycardia_beats: usize,
    /// Ventricular tachycardia: beats a minute that must be exceeded (100 to 200).
    pub ventricular_tachycardia_bpm: f64,
    /// Ventricular bradycardia: beats in a row (3 to 99).
    pub ventricular_bradycardia_beats: usize,
    /// Ventricular bradycardia: beats a minute that must be undercut (15 to 60).
    pub ventricular_bradycardia_bpm: f64,
    /// Ventricular rhythm: beats in a row (3 to 99).
    pub ventricular_rhythm_beats: usize,
    /// Extreme tachycardia: beats a minute that must be exceeded (65 to 300).
    pub extreme_tachycardia_bpm: f64,
    /// Extreme tachycardia: over how many consecutive beats (5 to 30).
    pub extreme_tachycardia_beats: usize,
    /// Extreme bradycardia: beats a minute that must be undercut (15 to 115).
    pub extreme_bradycardia_bpm: f64,
    /// Extreme bradycardia: over how many consecutive beats (3 to 10).
    pub extreme_bradycardia_beats: usize,
    /// High heart rate: beats a minute that must be exceeded (60 to 295).
    pub high_heart_rate_bpm: f64,
    /// Low heart rate: beats a minute that must be undercut (16 to 120).
    pub low_heart_rate_bpm: f64,
    /// Supraventricular tachycardia: beats in a row (3 to 99).
    pub supraventricular_tachycardia_beats: usize,
    /// Supraventricular tachycardia: beats a minute that must be exceeded (100 to 300).
    pub supraventricular_tachycardia_bpm: f64,
    /// Pause: seconds without a QRS complex (1.5 to 3).
    pub pause_s: f64,
    /// Atrial fibrillation: seconds without it until it is over (0 to 1800).
    pub atrial_fibrillation_end_s: f64,
    /// Many ventricular beats: beats a minute that must be exceeded (1 to 100).
    pub ventricular_beats_a_minute: usize,
    /// ST change: mV by which the level must have changed (0.1 to 2).
    pub st_change_mv: f64,
    /// ST change: seconds for which it must have lasted (15 to 60).
    pub st_change_s: f64,
    /// Long QTc: ms that must be exceeded (400 to 600).
    pub qtc_ms: f64,
    /// Long QTc: ms by which it must be longer than at first (30 to 120).
    pub qtc_change_ms: f64,
    /// Leads off: seconds without a valid sample on a lead (0.5 to 10).
    pub leads_off_s: f64,
    /// No data: seconds without a chunk (2 to 30).
    pub no_data_s: f64,
    /// Repeated runs: seconds in which the same alarm is not announced again (0 to 300).
    pub first_time_out_s: f64,
    /// Repeated ventricular beats: seconds in which the same alarm is not announced again (0 to 900).
    pub second_time_out_s: f64,
    /// Acknowledged alarms that go on: seconds until they sound again (30 to 300).
    pub audio_off_s: f64,
    /// Do alarms of the catalogue that latch stay until somebody has taken note?
    pub latching: bool,
    /// Alarms that are switched off. None of high priority may be.
    pub off: Vec<AlarmCode>,
}

/// A heart rate at its limit goes to and fro: its alarm holds until the rate was back for so long.
const RATE_HELD_S: f64 = 5.0;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            asystole_s: 4.0,
            ventricular_fibrillation_s: 4.0,
            ventricular_tachycardia_beats: 5,
            ventricular_tachycardia_bpm: 100.0,
            ventricular_bradycardia_beats: 5,
            ventricular_bradycardia_bpm: 40.0,
            ventricular_rhythm_beats: 14,
            extreme_tachycardia_bpm: 140.0,
            extreme_tachycardia_beats: 17,
            extreme_bradycardia_bpm: 40.0,
            extreme_bradycardia_beats: 5,
            high_heart_rate_bpm: 120.0,
            low_heart_rate_bpm: 50.0,
            supraventricular_tachycardia_beats: 5,
            supraventricular_tachycardia_bpm: 150.0,
            pause_s: 2.5,
            atrial_fibrillation_end_s: 60.0,
            ventricular_beats_a_minute: 10,
            st_change_mv: 0.1,
            st_change_s: 60.0,
            qtc_ms: 500.0,
            qtc_change_ms: 60.0,
            leads_off_s: 2.0,
            no_data_s: 5.0,
            first_time_out_s: 180.0,
            second_time_out_s: 600.0,
            audio_off_s: 120.0,
            latching: true,
            off: Vec::new(),
        }
    }
}

/// A limit that may not be set so.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum LimitError {
    /// Outside of its range.
    #[error("{key} = {value} is outside {from} to {to}")]
    Range {
        /// Which limit.
        key: &'static str,
        /// What was asked for.
        value: f64,
        /// The lowest allowed value.
        from: f64,
        /// The highest allowed value.
        to: f64,
    },
    /// On the wrong side of another limit.
    #[error("{key} = {value} must lie below {above} = {limit}")]
    Order {
        /// Which limit.
        key: &'static str,
        /// What was asked for.
        value: f64,
        /// The limit it must lie below.
        above: &'static str,
        /// The value of that one.
        limit: f64,
    },
    /// An alarm of high priority was to be switched off.
    #[error("off: {} is of high priority and cannot be switched off, only its audio", code.as_str())]
    High {
        /// Which.
        code: AlarmCode,
    },
}

impl Limits {
    /// Is this alarm looked for?
    pub fn is_on(&self, code: AlarmCode) -> bool {
        code.priority() == Priority::High || !self.off.contains(&code)
    }

    /// For how many seconds the condition of this alarm must be over before its end is told.
    pub(super) fn held_s(&self, code: AlarmCode) -> f64 {
        match code {
            AlarmCode::AtrialFibrillation => self.atrial_fibrillation_end_s,
            AlarmCode::HighHeartRate | AlarmCode::LowHeartRate => RATE_HELD_S,
            _ => 0.0,
        }
    }

    /// Every limit that may not be set so, or nothing.
    pub fn check(&self) -> Vec<LimitError> {
        let ranges = [
            ("asystole_s", self.asystole_s, 3.0, 10.0),
            ("ventricular_fibrillation_s", self.ventricular_fibrillation_s, 3.0, 6.0),
            ("ventricular_tachycardia_beats", self.ventricular_tachycardia_beats as f64, 3.0, 99.0),
            ("ventricular_tachycardia_bpm", self.ventricular_tachycardia_bpm, 100.0, 200.0),
            ("ventricular_bradycardia_beats", self.ventricular_bradycardia_beats as f64, 3.0, 99.0),
            ("ventricular_bradycardia_bpm", self.ventricular_bradycardia_bpm, 15.0, 60.0),
            ("ventricular_rhythm_beats", self.ventricular_rhythm_beats as f64, 3.0, 99.0),
            ("extreme_tachycardia_bpm", self.extreme_tachycardia_bpm, 65.0, 300.0),
            ("extreme_tachycardia_beats", self.extreme_tachycardia_beats as f64, 5.0, 30.0),
            ("extreme_bradycardia_bpm", self.extreme_bradycardia_bpm, 15.0, 115.0),
            ("extreme_bradycardia_beats", self.extreme_bradycardia_beats as f64, 3.0, 10.0),
            ("high_heart_rate_bpm", self.high_heart_rate_bpm, 60.0, 295.0),
            ("low_heart_rate_bpm", self.low_heart_rate_bpm, 16.0, 120.0),
            ("supraventricular_tachycardia_beats", self.supraventricular_tachycardia_beats as f64, 3.0, 99.0),
            ("supraventricular_tachycardia_bpm", self.supraventricular_tachycardia_bpm, 100.0, 300.0),
            ("pause_s", self.pause_s, 1.5, 3.0),
            ("atrial_fibrillation_end_s", self.atrial_fibrillation_end_s, 0.0, 1800.0),
            ("ventricular_beats_a_minute", self.ventricular_beats_a_minute as f64, 1.0, 100.0),
            ("st_change_mv", self.st_change_mv, 0.1, 2.0),
            ("st_change_s", self.st_change_s, 15.0, 60.0),
            ("qtc_ms", self.qtc_ms, 400.0, 600.0),
            ("qtc_change_ms", self.qtc_change_ms, 30.0, 120.0),
            ("leads_off_s", self.leads_off_s, 0.5, 10.0),
            ("no_data_s", self.no_data_s, 2.0, 30.0),
            ("first_time_out_s", self.first_time_out_s, 0.0, 300.0),
            ("second_time_out_s", self.second_time_out_s, 0.0, 900.0),
            ("audio_off_s", self.audio_off_s, 30.0, 300.0),
        ]
        .into_iter()
        .filter(|(_, value, from, to)| !(from..=to).contains(&value))
        .map(|(key, value, from, to)| LimitError::Range { key, value, from, to });
        let order = [
            ("low_heart_rate_bpm", self.low_heart_rate_bpm, "high_heart_rate_bpm", self.high_heart_rate_bpm),
            (
                "extreme_bradycardia_bpm",
                self.extreme_bradycardia_bpm,
                "extreme_tachycardia_bpm",
                self.extreme_tachycardia_bpm,
            ),
        ]
        .into_iter()
        .filter(|(_, value, _, limit)| value >= limit)
        .map(|(key, value, above, limit)| LimitError::Order { key, value, above, limit });
        let high = self.off.iter().filter(|code| code.priority() == Priority::High);
        ranges.chain(order).chain(high.map(|code| LimitError::High { code: *code })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_each_excess_is_named() {
        assert_eq!(Limits::default().check(), vec![]);
        let off = vec![AlarmCode::Asystole, AlarmCode::Bigeminy];
        let wrong =
            Limits { asystole_s: f64::NAN, no_data_s: 99.0, low_heart_rate_bpm: 120.0, off, ..Limits::default() };
        let errors: Vec<String> = wrong.check().iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                "asystole_s = NaN is outside 3 to 10",
                "no_data_s = 99 is outside 2 to 30",
                "low_heart_rate_bpm = 120 must lie below high_heart_rate_bpm = 120",
                "off: ASYS is of high priority and cannot be switched off, only its audio",
            ]
        );
        assert!(wrong.is_on(AlarmCode::Asystole) && !wrong.is_on(AlarmCode::Bigeminy));
    }
}
