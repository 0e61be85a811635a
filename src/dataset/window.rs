//! One window of a data set, and the line that describes it.

use std::collections::BTreeMap;

use serde::Serialize;
use simulators::portrait::PortraitTruth;

use super::facts::Facts;
use crate::ecg::Strip;
use crate::measure::{LeadMeasurements, Measured, Measurements};

/// Ten seconds of an ECG and what is known about them.
#[derive(Clone, Debug)]
pub struct Window {
    /// Its name, unique within a data set.
    pub id: String,
    /// The seed of the simulated patient.
    pub seed: Option<u64>,
    /// The leads, at 500 Hz.
    pub strip: Strip,
    /// What was measured.
    pub measurements: Measurements,
    /// What is true, of a simulated patient.
    pub truth: Option<PortraitTruth>,
    /// What is known about it from elsewhere: the diagnosis statements of a recording, the findings of a simulated patient.
    pub statements: Vec<String>,
    /// What may be said.
    pub facts: Facts,
    /// What is asked.
    pub question: String,
    /// What is said.
    pub text: String,
}

impl Window {
    /// The line about it in `windows.jsonl`.
    pub fn line(&self) -> WindowLine<'_> {
        let truth = self.truth.as_ref();
        let findings = truth.map_or_else(Vec::new, |truth| truth.findings.iter().map(|f| f.name()).collect());
        WindowLine {
            id: &self.id,
            seed: self.seed,
            truth,
            findings,
            said: self.facts.findings.iter().map(|finding| finding.name()).collect(),
            disagreements: &self.facts.disagreements,
            statements: &self.statements,
            measured: Values::of(&self.measurements),
            question: &self.question,
            text: &self.text,
        }
    }
}

/// A line of `windows.jsonl`.
#[derive(Clone, Debug, Serialize)]
pub struct WindowLine<'a> {
    /// The window's name.
    pub id: &'a str,
    /// The seed of the simulated patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The truth about a simulated patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<&'a PortraitTruth>,
    /// Fixed labels of what is there.
    pub findings: Vec<String>,
    /// Those of them that the measurements show too, so that the text says them.
    pub said: Vec<String>,
    /// What truth and measurements disagree about, and the text passes over: labels of findings, `heart-rate`, `pr`, `qrs`,
    /// `qt`, `axis`.
    pub disagreements: &'a [String],
    /// Diagnosis statements that came with it.
    pub statements: &'a [String],
    /// What gemwatch measures.
    pub measured: Values,
    /// What is asked.
    pub question: &'a str,
    /// What is said.
    pub text: &'a str,
}

/// Measured values by name; one that could not be measured is left out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Values {
    /// Number of beats.
    pub beats: usize,
    /// Values over all leads: `heart_rate_bpm`, `pr_ms`, `qrs_axis_deg` and so on.
    #[serde(flatten)]
    pub global: BTreeMap<&'static str, f64>,
    /// Values of each lead, by its name.
    pub leads: BTreeMap<String, LeadValues>,
}

/// Values of one lead by name, on its average beat: amplitudes in mV, durations in ms.
pub type LeadValues = BTreeMap<&'static str, f64>;

impl Values {
    /// What was measured, rounded to what a reader could tell apart.
    pub fn of(measurements: &Measurements) -> Values {
        let intervals = &measurements.intervals;
        let named: [(&'static str, &Measured); 14] = [
            ("heart_rate_bpm", &measurements.heart_rate),
            ("rr_mean_ms", &measurements.rr_mean),
            ("rr_min_ms", &measurements.rr_min),
            ("rr_max_ms", &measurements.rr_max),
            ("rr_sd_ms", &measurements.rr_sd),
            ("p_share", &intervals.p_presence),
            ("p_ms", &intervals.p_duration),
            ("pr_ms", &intervals.pr),
            ("qrs_ms", &intervals.qrs),
            ("qt_ms", &intervals.qt),
            ("qtc_ms", &intervals.qtc_bazett),
            ("p_axis_deg", &measurements.p_axis),
            ("qrs_axis_deg", &measurements.qrs_axis),
            ("t_axis_deg", &measurements.t_axis),
        ];
        let global = named.into_iter().filter_map(|(name, measured)| Some((name, rounded(measured.value?, 10.0)?)));
        Values {
            beats: measurements.beats_s.len(),
            global: global.collect(),
            leads: measurements.leads.iter().map(|lead| (lead.lead.name().to_owned(), of_lead(lead))).collect(),
        }
    }
}

fn of_lead(lead: &LeadMeasurements) -> LeadValues {
    let shape = &lead.average;
    let named = [
        ("p_mv", shape.p_mv),
        ("q_mv", shape.q_mv),
        ("q_ms", shape.q_ms),
        ("r_mv", shape.r_mv),
        ("s_mv", shape.s_mv),
        ("st_mv", shape.st_j60_mv),
        ("t_mv", shape.t_mv),
    ];
    named.into_iter().filter_map(|(name, value)| Some((name, rounded(value?, 1000.0)?))).collect()
}

/// The value in whole parts of one; `None` where it is no number.
fn rounded(value: f64, parts: f64) -> Option<f64> {
    value.is_finite().then(|| (value * parts).round() / parts)
}
