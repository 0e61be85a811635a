//! The trends of a bed over a day: heart rate, ventricular beats, QTc, ST levels and quality, one value a step.
//!
//! In go the vital signs of every second, out come the means of each step. Bounded: what is older than a day is forgotten.

use std::collections::VecDeque;

use serde::Serialize;

use crate::ecg::{Duration, Time};
use crate::wire::{Quality, Vitals, rfc3339};

/// Length of a step.
const STEP_S: i64 = 20;

/// A day of them.
const MOST_STEPS: usize = 24 * 3600 / STEP_S as usize;

/// Leads beyond the standard twelve and a few more have no ST trend.
const MOST_LEADS: usize = 16;

/// The mean of what was there.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f32,
    count: u16,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value as f32;
            self.count += 1;
        }
    }

    fn get(self, decimals: i32) -> Option<f64> {
        let scale = 10_f64.powi(decimals);
        (self.count > 0).then(|| (f64::from(self.sum) / f64::from(self.count) * scale).round() / scale)
    }
}

#[derive(Clone, Debug, Default)]
struct Step {
    heart_rate_bpm: Mean,
    ventricular_beats_a_minute: Mean,
    qtc_ms: Mean,
    quality: Mean,
    /// In the order of the leads.
    st_mv: Vec<Mean>,
}

/// A day of one bed.
#[derive(Debug, Default)]
pub struct Trends {
    leads: Vec<String>,
    steps: VecDeque<Step>,
    /// The number of the last step, counted from 1970.
    last: i64,
}

/// The trends as a page gets them; `null` where nothing was measured.
#[derive(Debug, Serialize)]
pub struct TrendsReply<'a> {
    stream_id: &'a str,
    step_s: i64,
    from: String,
    heart_rate_bpm: Vec<Option<f64>>,
    ventricular_beats_a_minute: Vec<Option<f64>>,
    qtc_ms: Vec<Option<f64>>,
    st_mv: serde_json::Map<String, serde_json::Value>,
    /// Share of the leads that are good.
    quality: Vec<Option<f64>>,
}

impl Trends {
    /// Takes the vital signs of the second that ends at `at`.
    pub fn push(&mut self, vitals: &Vitals, at: Time) {
        let number = at.as_nanos().div_euclid(1_000_000_000 * STEP_S);
        let leads: Vec<&str> = vitals.leads.iter().map(|lead| lead.lead.as_str()).take(MOST_LEADS).collect();
        if self.leads != leads {
            // Other leads, other patient or other cable: what stands beside the same name need not be the same.
            self.leads = leads.into_iter().map(str::to_owned).collect();
            self.steps.iter_mut().for_each(|step| step.st_mv.clear());
        }
        // Time that went back belongs to the step that is there.
        let ahead = if self.steps.is_empty() { 1 } else { (number - self.last).max(0) };
        if ahead > 0 {
            self.last = number;
        }
        for _ in 0..(ahead as usize).min(MOST_STEPS) {
            self.steps.push_back(Step::default());
        }
        self.steps.drain(..self.steps.len().saturating_sub(MOST_STEPS));
        let Some(step) = self.steps.back_mut() else { return };
        step.heart_rate_bpm.add(vitals.heart_rate_bpm);
        step.ventricular_beats_a_minute.add(vitals.ventricular_beats_a_minute.map(|beats| beats as f64));
        step.qtc_ms.add(vitals.qtc_ms);
        let good = vitals.leads.iter().filter(|lead| lead.quality == Quality::Good).count();
        step.quality.add((!vitals.leads.is_empty()).then(|| good as f64 / vitals.leads.len() as f64));
        step.st_mv.resize(self.leads.len(), Mean::default());
        for (mean, lead) in step.st_mv.iter_mut().zip(&vitals.leads) {
            mean.add(lead.st_mv);
        }
    }

    /// All there is.
    pub fn reply<'a>(&self, stream_id: &'a str) -> TrendsReply<'a> {
        let all = |value: &dyn Fn(&Step) -> Option<f64>| self.steps.iter().map(value).collect::<Vec<_>>();
        let from = (self.last + 1 - self.steps.len() as i64) * STEP_S;
        let st_mv = self.leads.iter().enumerate().map(|(index, lead)| {
            let of_lead = all(&|step| step.st_mv.get(index).and_then(|mean| mean.get(3)));
            (lead.clone(), serde_json::json!(of_lead))
        });
        TrendsReply {
            stream_id,
            step_s: STEP_S,
            from: rfc3339(Time::default() + Duration::from_secs_f64(from as f64)),
            heart_rate_bpm: all(&|step| step.heart_rate_bpm.get(1)),
            ventricular_beats_a_minute: all(&|step| step.ventricular_beats_a_minute.get(1)),
            qtc_ms: all(&|step| step.qtc_ms.get(0)),
            st_mv: st_mv.collect(),
            quality: all(&|step| step.quality.get(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::LeadStatus;

    fn vitals(heart_rate_bpm: Option<f64>) -> Vitals {
        let lead = |lead: &str, quality| LeadStatus { lead: lead.to_owned(), quality, st_mv: Some(0.1) };
        Vitals {
            stream_id: "bed-1".to_owned(),
            time: String::new(),
            heart_rate_bpm,
            ventricular_beats_a_minute: Some(2),
            qtc_ms: None,
            leads: vec![lead("II", Quality::Good), lead("V1", Quality::Off)],
        }
    }

    #[test]
    fn a_step_is_the_mean_of_its_seconds_and_a_pause_is_empty() {
        let mut trends = Trends::default();
        for (second, rate) in [(1, Some(60.0)), (2, Some(70.0)), (3, None), (65, Some(80.0))] {
            trends.push(&vitals(rate), Time::from_nanos(second * 1_000_000_000));
        }
        let reply = serde_json::to_value(trends.reply("bed-1")).unwrap();
        assert_eq!(reply["heart_rate_bpm"], serde_json::json!([65.0, null, null, 80.0]));
        assert_eq!(reply["quality"], serde_json::json!([0.5, null, null, 0.5]));
        assert_eq!(reply["st_mv"]["II"], serde_json::json!([0.1, null, null, 0.1]));
        assert_eq!(reply["from"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_day_is_kept() {
        let mut trends = Trends::default();
        for hour in 0..60 {
            trends.push(&vitals(Some(60.0)), Time::from_nanos(hour * 3_600_000_000_000));
        }
        assert_eq!(trends.steps.len(), MOST_STEPS);
    }
}
