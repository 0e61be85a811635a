//! Vitals: what `ecg.vitals` carries, one message a second and bed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{rfc3339, rounded};
use crate::bed::VitalsSecond;
use crate::ecg::StreamId;
use crate::signal::quality as signal;

/// One second of one bed. What could not be measured is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vitals {
    /// Whose stream.
    pub stream_id: String,
    /// End of the second it speaks of (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// Heart rate in bpm.
    pub heart_rate_bpm: Option<f64>,
    /// Ventricular beats of the last minute.
    pub ventricular_beats_a_minute: Option<usize>,
    /// QTc (Bazett) in ms, measured every ten seconds.
    pub qtc_ms: Option<f64>,
    /// The leads that are there, each with its quality.
    pub leads: Vec<LeadStatus>,
}

impl Vitals {
    /// The message for a second of a bed.
    pub fn new(stream_id: &StreamId, second: &VitalsSecond) -> Vitals {
        let status = |(lead, quality, st_mv): &(crate::ecg::Lead, signal::Quality, Option<f64>)| LeadStatus {
            lead: lead.to_string(),
            quality: Quality::from(*quality),
            st_mv: st_mv.map(rounded),
        };
        Vitals {
            stream_id: stream_id.to_string(),
            time: rfc3339(second.at),
            heart_rate_bpm: second.heart_rate_bpm.map(|bpm| (bpm * 10.0).round() / 10.0),
            ventricular_beats_a_minute: second.ventricular_beats_a_minute,
            qtc_ms: second.qtc_ms.map(f64::round),
            leads: second.leads.iter().map(status).collect(),
        }
    }
}

/// One lead in [`Vitals`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadStatus {
    /// Its name.
    pub lead: String,
    /// What it is good for.
    pub quality: Quality,
    /// ST level 60 ms after the J point in mV, measured every ten seconds.
    pub st_mv: Option<f64>,
}

/// What a lead is good for. The limits are in [`quality`](signal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Everything.
    Good,
    /// Nothing: electrode off, or no valid sample.
    Off,
    /// Nothing: the electrode is said to be on, but nothing at all moves.
    Flat,
    /// Rhythm with care: the amplifier or the converter is at its limit.
    Clipped,
    /// Rhythm with care: the electrode moves.
    Impulse,
    /// Rhythm, but no small waves: muscles are heard.
    Muscle,
    /// Rhythm, but no ST level: the baseline wanders.
    Wander,
    /// All but the smallest waves: the mains are heard.
    Mains,
}

impl Quality {
    /// The word on the topic.
    pub const fn as_str(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::Off => "off",
            Quality::Flat => "flat",
            Quality::Clipped => "clipped",
            Quality::Impulse => "impulse",
            Quality::Muscle => "muscle",
            Quality::Wander => "wander",
            Quality::Mains => "mains",
        }
    }

    /// Is the lead good for anything?
    pub const fn is_usable(self) -> bool {
        !matches!(self, Quality::Off | Quality::Flat)
    }
}

impl From<signal::Quality> for Quality {
    fn from(quality: signal::Quality) -> Quality {
        match quality {
            signal::Quality::Good => Quality::Good,
            signal::Quality::Off => Quality::Off,
            signal::Quality::Flat => Quality::Flat,
            signal::Quality::Clipped => Quality::Clipped,
            signal::Quality::Impulse => Quality::Impulse,
            signal::Quality::Muscle => Quality::Muscle,
            signal::Quality::Wander => Quality::Wander,
            signal::Quality::Mains => Quality::Mains,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{Lead, Time};

    #[test]
    fn each_lead_says_its_quality_in_a_word() {
        let words = [
            (signal::Quality::Good, "good"),
            (signal::Quality::Off, "off"),
            (signal::Quality::Flat, "flat"),
            (signal::Quality::Clipped, "clipped"),
            (signal::Quality::Impulse, "impulse"),
            (signal::Quality::Muscle, "muscle"),
            (signal::Quality::Wander, "wander"),
            (signal::Quality::Mains, "mains"),
        ];
        let leads = words.iter().map(|(quality, _)| (Lead::II, *quality, None)).collect();
        let second = VitalsSecond {
            at: Time::default(),
            heart_rate_bpm: None,
            ventricular_beats_a_minute: None,
            qtc_ms: None,
            leads,
        };
        let vitals = Vitals::new(&StreamId::new("bed-1").unwrap(), &second);
        for (status, (_, word)) in vitals.leads.iter().zip(words) {
            assert_eq!(
                serde_json::to_value(status).unwrap(),
                serde_json::json!({"lead": "II", "quality": word, "st_mv": null})
            );
        }
        let text = serde_json::to_string(&vitals).unwrap();
        assert_eq!(serde_json::from_str::<Vitals>(&text).unwrap(), vitals);
    }
}
