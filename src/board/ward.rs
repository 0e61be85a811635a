//! What the board knows: beds with their last seconds and trends, and alerts.
//!
//! In go chunks, vital signs and changes of alerts as the pipeline says them, out comes what pages show. Pure but for the moment at
//! which a bed was heard last, which comes with the call.

use std::collections::BTreeMap;
use std::time::{Duration as ClockDuration, Instant};

use super::alerts::{Alerts, Known};
use super::protocol::{BedReply, ServerSays};
use super::trends::Trends;
use super::waves::Waves;
use crate::ecg::{Chunk, Duration, Time};
use crate::wire::{Alert, Vitals, WINDOW_BEFORE_RAISED_S, read_rfc3339};

/// Seconds of waveform that are kept of a bed: what led to an alarm that is raised now, and what a new screen begins with.
const WAVES_S: f64 = 12.0;

/// A bed of which nothing came for so long is gone; until then it is shown as one from which nothing comes.
const GONE_AFTER: ClockDuration = ClockDuration::from_mins(10);

/// Beds beyond these are not shown.
const MOST_BEDS: usize = 5_000;

/// Alerts that a page gets when it comes.
const MOST_TOLD: usize = 500;

/// One bed.
#[derive(Debug)]
pub struct Bed {
    /// Its last seconds.
    pub waves: Waves,
    /// Its day.
    pub trends: Trends,
    vitals: Option<Vitals>,
    heard: Instant,
}

/// All of them.
#[derive(Debug)]
pub struct Ward {
    beds: BTreeMap<String, Bed>,
    alerts: Alerts,
    /// Was it said that there are too many beds?
    is_full_said: bool,
}

impl Ward {
    /// Nothing yet; so many alerts are kept.
    pub fn new(most_alerts: usize) -> Ward {
        Ward { beds: BTreeMap::new(), alerts: Alerts::new(most_alerts), is_full_said: false }
    }

    /// Takes a chunk; gives what pages must know of it besides the waveform.
    pub fn chunk(&mut self, chunk: &Chunk, now: Instant) -> Option<String> {
        let stream_id = chunk.stream_id.as_str();
        if !self.beds.contains_key(stream_id) && self.beds.len() >= MOST_BEDS {
            if !std::mem::replace(&mut self.is_full_said, true) {
                tracing::warn!(
                    stream_id,
                    "the board shows {MOST_BEDS} beds; this one and others beyond them are watched and not shown"
                );
            }
            return None;
        }
        let bed = self.beds.entry(stream_id.to_owned()).or_insert_with(|| Bed {
            waves: Waves::new(WAVES_S),
            trends: Trends::default(),
            vitals: None,
            heard: now,
        });
        bed.heard = now;
        let is_other = bed.waves.push(chunk);
        is_other.then(|| ServerSays::Bed { bed: bed.reply(stream_id) }.text())
    }

    /// Takes a second of a bed.
    pub fn vitals(&mut self, vitals: &Vitals) -> Option<String> {
        let bed = self.beds.get_mut(&vitals.stream_id)?;
        let at = read_rfc3339(&vitals.time).or(bed.waves.end())?;
        bed.trends.push(vitals, at);
        let text = ServerSays::Vitals { vitals }.text();
        bed.vitals = Some(vitals.clone());
        Some(text)
    }

    /// Takes a change of an alert, true at `at`.
    pub fn alert(&mut self, alert: &Alert, at: Time) -> String {
        let Ward { beds, alerts, .. } = self;
        let window = || {
            let raised_at = read_rfc3339(&alert.raised_at)?;
            let from = raised_at - Duration::from_secs_f64(WINDOW_BEFORE_RAISED_S);
            beds.get(&alert.stream_id)?.waves.window(from, raised_at)
        };
        ServerSays::Alert { alert: &alerts.hear(alert, at, window).alert }.text()
    }

    /// Beds that are gone; what pages must know of it.
    pub fn forget(&mut self, now: Instant) -> Vec<String> {
        let gone: Vec<String> = self
            .beds
            .extract_if(.., |_, bed| now.saturating_duration_since(bed.heard) > GONE_AFTER)
            .map(|(stream_id, _)| stream_id)
            .collect();
        gone.iter().map(|stream_id| ServerSays::Closed { stream_id }.text()).collect()
    }

    /// All that a page must know when it comes.
    pub fn all(&self) -> String {
        let beds = self.beds.iter().map(|(stream_id, bed)| bed.reply(stream_id)).collect();
        let mut alerts: Vec<&Alert> = self.alerts.all().rev().take(MOST_TOLD).map(|known| &known.alert).collect();
        alerts.reverse();
        ServerSays::Ward { beds, alerts }.text()
    }

    /// One bed.
    pub fn bed(&self, stream_id: &str) -> Option<&Bed> {
        self.beds.get(stream_id)
    }

    /// The alerts.
    pub fn alerts(&self) -> impl Iterator<Item = &Known> {
        self.alerts.all()
    }

    /// One alert.
    pub fn known(&self, id: uuid::Uuid) -> Option<&Known> {
        self.alerts.get(id)
    }
}

impl Bed {
    fn reply<'a>(&'a self, stream_id: &'a str) -> BedReply<'a> {
        let leads = self.waves.leads().map(crate::ecg::Lead::name).collect();
        BedReply { stream_id, leads, rate_hz: self.waves.rate_hz(), vitals: self.vitals.as_ref() }
    }
}
