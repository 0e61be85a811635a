//! The trends of a bed over a day: heart rate, ventricular beats, QTc, ST levels and quality, one value a step.
//!
//! In go the vital signs of every second, out come the means of each step. Bounded: what is older than a day is forgotten.

use std::collections::VecDeque;
use std::iter::repeat_n;

use serde::Serialize;

use crate::ecg::{Duration, Time};
use crate::wire::{Quality, Vitals, rfc3339};

/// Length of a step: that of the trends of bedside monitors.
const STEP_S: i64 = 60;

/// A day of them.
const MOST_STEPS: usize = 24 * 3600 / STEP_S as usize;

/// Seconds that are older than the latest step by more of them than this are none that are told again: the clock was set back.
const SET_BACK_STEPS: i64 = 5;

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
            self.count = self.count.saturating_add(1);
        }
    }

    /// In units of the last of so many decimals.
    fn kept(self, decimals: i32) -> Kept {
        let scale = 10_f64.powi(decimals);
        // What does not fit is cut off.
        let mean = || (f64::from(self.sum) / f64::from(self.count) * scale).round() as i16;
        Kept((self.count > 0).then(mean).map_or(NOTHING, |value| value.max(-i16::MAX)))
    }
}

/// A value that was never measured.
const NOTHING: i16 = i16::MIN;

/// A value of a step that is over, in units of the last decimal that is shown of it: a day of a bed takes 40 bytes a step.
#[derive(Clone, Copy, Debug)]
struct Kept(i16);

impl Kept {
    fn get(self, decimals: i32) -> Option<f64> {
        (self.0 != NOTHING).then(|| f64::from(self.0) / 10_f64.powi(decimals))
    }
}

const RATE_DECIMALS: i32 = 1;
const QTC_DECIMALS: i32 = 0;
const QUALITY_DECIMALS: i32 = 2;
const ST_DECIMALS: i32 = 3;

/// A step: of [`Mean`]s while it goes on, of [`Kept`] values once it is over.
#[derive(Clone, Copy, Debug, Default)]
struct Step<V> {
    heart_rate_bpm: V,
    ventricular_beats_a_minute: V,
    qtc_ms: V,
    quality: V,
    /// In the order of the leads.
    st_mv: [V; MOST_LEADS],
}

impl Step<Mean> {
    fn kept(&self) -> Step<Kept> {
        Step {
            heart_rate_bpm: self.heart_rate_bpm.kept(RATE_DECIMALS),
            ventricular_beats_a_minute: self.ventricular_beats_a_minute.kept(RATE_DECIMALS),
            qtc_ms: self.qtc_ms.kept(QTC_DECIMALS),
            quality: self.quality.kept(QUALITY_DECIMALS),
            st_mv: self.st_mv.map(|mean| mean.kept(ST_DECIMALS)),
        }
    }
}

const NEVER_MEASURED: Step<Kept> = Step {
    heart_rate_bpm: Kept(NOTHING),
    ventricular_beats_a_minute: Kept(NOTHING),
    qtc_ms: Kept(NOTHING),
    quality: Kept(NOTHING),
    st_mv: [Kept(NOTHING); MOST_LEADS],
};

/// A day of one bed.
#[derive(Debug)]
pub struct Trends {
    leads: Vec<String>,
    past: VecDeque<Step<Kept>>,
    /// The step that goes on; none before the first.
    step: Option<Step<Mean>>,
    /// Its number, counted from 1970.
    number: i64,
}

impl Default for Trends {
    /// Nothing yet. Takes the memory of a whole day at once: what grows for a day cannot be told from a leak.
    fn default() -> Trends {
        let mut past = VecDeque::from(vec![NEVER_MEASURED; MOST_STEPS]);
        past.clear();
        Trends { leads: Vec::new(), past, step: None, number: 0 }
    }
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
            self.past.iter_mut().for_each(|past| past.st_mv = [Kept(NOTHING); MOST_LEADS]);
            self.step.iter_mut().for_each(|step| step.st_mv = Default::default());
        }
        // Time that went back a little belongs to the step that is there; by a clock that was set back, what came before moves along.
        let is_set_back = number < self.number - SET_BACK_STEPS;
        if let Some(step) = self.step.take_if(|_| number > self.number || is_set_back) {
            let ahead = (number - self.number).max(1) as usize;
            let (room, length) = (MOST_STEPS - 1, self.past.len());
            self.past.drain(..(length + ahead).saturating_sub(room).min(length));
            if ahead <= room {
                self.past.push_back(step.kept());
            }
            self.past.extend(repeat_n(NEVER_MEASURED, (ahead - 1).min(room)));
        }
        if self.step.is_none() {
            self.number = number;
        }
        let step = self.step.get_or_insert_default();
        step.heart_rate_bpm.add(vitals.heart_rate_bpm);
        step.ventricular_beats_a_minute.add(vitals.ventricular_beats_a_minute.map(|beats| beats as f64));
        step.qtc_ms.add(vitals.qtc_ms);
        let good = vitals.leads.iter().filter(|lead| lead.quality == Quality::Good).count();
        step.quality.add((!vitals.leads.is_empty()).then(|| good as f64 / vitals.leads.len() as f64));
        for (mean, lead) in step.st_mv.iter_mut().zip(&vitals.leads) {
            mean.add(lead.st_mv);
        }
    }

    /// All there is.
    pub fn reply<'a>(&self, stream_id: &'a str) -> TrendsReply<'a> {
        let now = self.step.as_ref().map(Step::kept);
        let all =
            |value: &dyn Fn(&Step<Kept>) -> Option<f64>| self.past.iter().chain(&now).map(value).collect::<Vec<_>>();
        let from = (self.number - self.past.len() as i64) * STEP_S;
        let st_mv = self.leads.iter().enumerate().map(|(index, lead)| {
            let of_lead = all(&|step| step.st_mv[index].get(ST_DECIMALS));
            (lead.clone(), serde_json::json!(of_lead))
        });
        TrendsReply {
            stream_id,
            step_s: STEP_S,
            from: rfc3339(Time::default() + Duration::from_secs_f64(from as f64)),
            heart_rate_bpm: all(&|step| step.heart_rate_bpm.get(RATE_DECIMALS)),
            ventricular_beats_a_minute: all(&|step| step.ventricular_beats_a_minute.get(RATE_DECIMALS)),
            qtc_ms: all(&|step| step.qtc_ms.get(QTC_DECIMALS)),
            st_mv: st_mv.collect(),
            quality: all(&|step| step.quality.get(QUALITY_DECIMALS)),
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
        for (second, rate) in [(1, Some(60.0)), (2, Some(70.0)), (3, None), (185, Some(80.0))] {
            trends.push(&vitals(rate), Time::from_nanos(second * 1_000_000_000));
        }
        let reply = serde_json::to_value(trends.reply("bed-1")).unwrap();
        assert_eq!(reply["heart_rate_bpm"], serde_json::json!([65.0, null, null, 80.0]));
        assert_eq!(reply["quality"], serde_json::json!([0.5, null, null, 0.5]));
        assert_eq!(reply["st_mv"]["II"], serde_json::json!([0.1, null, null, 0.1]));
        assert_eq!(reply["from"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_came_before_a_clock_was_set_back_moves_along() {
        let mut trends = Trends::default();
        for (second, rate) in [(90_001, 60.0), (90_061, 70.0), (89_999, 80.0), (3_601, 90.0), (3_661, 100.0)] {
            trends.push(&vitals(Some(rate)), Time::from_nanos(second * 1_000_000_000));
        }
        let reply = serde_json::to_value(trends.reply("bed-1")).unwrap();
        assert_eq!(reply["heart_rate_bpm"], serde_json::json!([60.0, 75.0, 90.0, 100.0]));
        assert_eq!(reply["from"], "1970-01-01T00:58:00Z");
    }

    #[test]
    fn a_day_is_kept() {
        let mut trends = Trends::default();
        let room = trends.past.capacity();
        assert!(size_of::<Step<Kept>>() * room < 60_000, "{room}");
        let measured = |trends: &Trends| trends.past.iter().filter(|step| step.heart_rate_bpm.0 != NOTHING).count();
        for hour in 0..60 {
            trends.push(&vitals(Some(60.0)), Time::from_nanos(hour * 3_600_000_000_000));
        }
        assert_eq!((trends.past.len() + 1, measured(&trends)), (MOST_STEPS, 23));
        // A monitor that is from the future.
        trends.push(&vitals(Some(60.0)), Time::from_nanos(i64::MAX));
        assert_eq!((trends.past.len() + 1, measured(&trends)), (MOST_STEPS, 0));
        trends.push(&vitals(Some(60.0)), Time::from_nanos(0));
        assert_eq!((trends.past.len() + 1, measured(&trends), trends.past.capacity()), (MOST_STEPS, 1, room));
    }
}
