//! What no honest monitor would ask.

use super::{MAX_LEADS, ReadingRequestError, wrong};
use crate::ecg::{Chunk, StreamId, Strip};
use crate::wire::rfc3339::read_rfc3339;
use crate::wire::{Alert, AlertState};

/// The alert is of this stream, was just raised, and its times are times.
pub(super) fn alert(alert: &Alert, stream_id: &StreamId) -> Result<(), ReadingRequestError> {
    const FIELD: &str = "window.alert_json";
    if alert.stream_id != stream_id.as_str() {
        return Err(wrong(FIELD, "is of another stream"));
    }
    if !matches!(alert.state, AlertState::Raised | AlertState::Escalated) || alert.reading.is_some() {
        return Err(wrong(FIELD, "is of no alert that was just raised"));
    }
    [&alert.onset, &alert.raised_at, &alert.window_start].into_iter().try_for_each(|text| time(FIELD, text))
}

/// It is a time as it is written in JSON.
pub(super) fn time(field: &'static str, text: &str) -> Result<(), ReadingRequestError> {
    read_rfc3339(text).map(drop).ok_or_else(|| wrong(field, "has a time that is none"))
}

/// The window is one that a bed may have cut: the limits are those of [`Chunk::check`].
pub(super) fn strip(strip: &Strip) -> Result<(), ReadingRequestError> {
    if !(Chunk::MIN_RATE_HZ..=Chunk::MAX_RATE_HZ).contains(&strip.rate_hz) {
        return Err(wrong("window.sampling_rate_hz", format!("is {}", strip.rate_hz)));
    }
    let nanos = strip.start.as_nanos();
    if nanos.checked_add(11_000_000_000).is_none() || nanos < i64::MIN / 2 {
        return Err(wrong("window.start_unix_ns", format!("is out of range: {nanos}")));
    }
    if !(1..=MAX_LEADS).contains(&strip.leads.len()) {
        return Err(wrong("window.leads", format!("has {}, not 1 to {MAX_LEADS}", strip.leads.len())));
    }
    if strip.is_empty() || strip.seconds() > Chunk::MAX_SECONDS {
        return Err(wrong(
            "window.leads",
            format!("last {} s, at most {} s are allowed", strip.seconds(), Chunk::MAX_SECONDS),
        ));
    }
    for (index, lead) in strip.leads.iter().enumerate() {
        let name = lead.lead.name();
        if name.is_empty() || name.len() > Chunk::MAX_LEAD_NAME_BYTES {
            return Err(wrong(
                "window.leads",
                format!("has a name that is empty or longer than {} bytes", Chunk::MAX_LEAD_NAME_BYTES),
            ));
        }
        if strip.leads[..index].iter().any(|other| other.lead == lead.lead) {
            return Err(wrong("window.leads", format!("has lead {name} twice")));
        }
        if lead.samples_mv.len() != strip.len() {
            return Err(wrong("window.leads", format!("differ in length at {name}")));
        }
        if lead.samples_mv.iter().any(|value| value.is_infinite()) {
            return Err(wrong("window.leads", format!("has an infinite value in {name}")));
        }
    }
    Ok(())
}
