//! The explanation of one window: what `gemwatch explain --json` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Reading, rfc3339};
use crate::beats::delineation::Polarity;
use crate::ecg::{Lead, Strip};
use crate::measure::{LeadMeasurements, Measured, Measurements};

/// One 12-lead window: what was measured, what was read, and what of it is true.
///
/// All `from_s` and `to_s` count seconds from `window_start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Name of the record.
    pub record: String,
    /// Start of the window (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub window_start: String,
    /// Length of the window in seconds.
    pub window_s: f64,
    /// Sampling rate it was measured at in Hz.
    pub rate_hz: f64,
    /// The leads that were recorded.
    pub leads: Vec<String>,
    /// The leads that were derived from others.
    pub derived_leads: Vec<String>,
    /// The standard leads that are missing.
    pub absent_leads: Vec<String>,
    /// R peaks in seconds.
    pub beats_s: Vec<f64>,
    /// The measured values.
    pub measurements: Vec<Measurement>,
    /// Each recorded lead, measured on its average beat.
    pub lead_measurements: Vec<LeadMeasurement>,
    /// The reading; absent when nobody read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

/// A measured value and where it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// What was measured.
    pub what: String,
    /// The value; `null` when it could not be measured.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// On which leads.
    pub leads: Vec<String>,
    /// From which second.
    pub from_s: f64,
    /// To which second.
    pub to_s: f64,
    /// Number of beats that entered.
    pub beats: usize,
    /// 0 (a guess) to 1 (all beats and leads agree).
    pub confidence: f64,
}

/// One lead on its average beat; amplitudes in mV from the level before the QRS complex. `null` is "not measurable" or
/// "no such wave".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeadMeasurement {
    /// Which lead.
    pub lead: String,
    /// Number of beats in the average.
    pub beats: usize,
    /// P wave in mV.
    pub p_mv: Option<f64>,
    /// Q wave in mV.
    pub q_mv: Option<f64>,
    /// Duration of the Q wave in ms.
    pub q_ms: Option<f64>,
    /// Is the Q wave pathological (0.1 mV deep, and 40 ms wide or deeper than a quarter of R)?
    pub q_pathological: Option<bool>,
    /// R wave in mV.
    pub r_mv: Option<f64>,
    /// S wave in mV.
    pub s_mv: Option<f64>,
    /// Duration of the QRS complex in ms.
    pub qrs_ms: Option<f64>,
    /// ST level at the J point in mV.
    pub st_j_mv: Option<f64>,
    /// ST level at J + 60 ms in mV.
    pub st_j60_mv: Option<f64>,
    /// ST level at J + 80 ms in mV.
    pub st_j80_mv: Option<f64>,
    /// Slope of the ST segment in mV/s.
    pub st_slope_mv_s: Option<f64>,
    /// T wave in mV.
    pub t_mv: Option<f64>,
    /// `positive`, `negative` or `biphasic`.
    pub t_polarity: Option<String>,
    /// QT interval in ms.
    pub qt_ms: Option<f64>,
    /// 0 (a guess) to 1 (all beats agree).
    pub confidence: f64,
}

impl Explanation {
    /// Puts it together.
    pub fn new(record: &str, strip: &Strip, measured: &Measurements, reading: Option<Reading>) -> Explanation {
        let names = |derived: bool| {
            strip.leads.iter().filter(|lead| lead.derived == derived).map(|lead| lead.lead.to_string()).collect()
        };
        Explanation {
            record: record.to_owned(),
            window_start: rfc3339(strip.start),
            window_s: strip.seconds(),
            rate_hz: strip.rate_hz,
            leads: names(false),
            derived_leads: names(true),
            absent_leads: strip.absent_leads().iter().map(Lead::to_string).collect(),
            beats_s: measured.beats_s.iter().map(|beat_s| super::rounded(*beat_s)).collect(),
            measurements: measured.named().into_iter().map(|(what, value)| Measurement::new(what, value)).collect(),
            lead_measurements: measured.leads.iter().map(LeadMeasurement::new).collect(),
            reading,
        }
    }
}

impl LeadMeasurement {
    fn new(measured: &LeadMeasurements) -> LeadMeasurement {
        let average = &measured.average;
        let rounded = |value: Option<f64>| value.map(super::rounded);
        let polarity = |polarity| match polarity {
            Polarity::Positive => "positive",
            Polarity::Negative => "negative",
            Polarity::Biphasic => "biphasic",
        };
        LeadMeasurement {
            lead: measured.lead.to_string(),
            beats: measured.beats,
            p_mv: rounded(average.p_mv),
            q_mv: rounded(average.q_mv),
            q_ms: rounded(average.q_ms),
            q_pathological: average.q_is_pathological(),
            r_mv: rounded(average.r_mv),
            s_mv: rounded(average.s_mv),
            qrs_ms: rounded(average.qrs_ms),
            st_j_mv: rounded(average.st_j_mv),
            st_j60_mv: rounded(average.st_j60_mv),
            st_j80_mv: rounded(average.st_j80_mv),
            st_slope_mv_s: rounded(average.st_slope_mv_s),
            t_mv: rounded(average.t_mv),
            t_polarity: average.t_polarity.map(|direction| polarity(direction).to_owned()),
            qt_ms: rounded(average.qt_ms),
            confidence: super::rounded(measured.confidence),
        }
    }
}

impl Measurement {
    fn new(what: &str, measured: &Measured) -> Measurement {
        Measurement {
            what: what.to_owned(),
            value: measured.value.map(super::rounded),
            unit: measured.unit.to_owned(),
            leads: measured.leads.iter().map(Lead::to_string).collect(),
            from_s: super::rounded(measured.from_s),
            to_s: super::rounded(measured.to_s),
            beats: measured.beats,
            confidence: super::rounded(measured.confidence),
        }
    }
}
