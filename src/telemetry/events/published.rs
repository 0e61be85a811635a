//! Events of what went out: alerts, vital signs, and what was not acknowledged.

use std::time::Duration;

use opentelemetry::KeyValue;
use tracing::{debug, error, info, trace};

use crate::{
    alarm::AlarmCode,
    telemetry::{instruments::with, trace::TraceContext},
    wire::AlertState,
};

/// A change of state of an alert was acknowledged by the broker.
#[derive(Clone, Copy, Debug)]
pub struct AlertPublished<'a> {
    /// Whose alert.
    pub stream_id: &'a str,
    /// Which alarm.
    pub code: AlarmCode,
    /// What happened to it.
    pub state: AlertState,
    /// Where it belongs.
    pub trace: &'a TraceContext,
}

impl AlertPublished<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let code = self.code.as_str();
        let state = self.state.as_str();
        let trace_id = self.trace.trace_id();
        self.trace.in_scope(|| info!(stream_id = self.stream_id, code, state, trace_id, "alert published"));
        let attributes = [KeyValue::new("code", code), KeyValue::new("state", state)];
        with(|instruments| instruments.alerts_published.add(1, &attributes));
    }
}

/// The alarm path took this long: from the arrival of the chunk that decided an alarm to the acknowledged alert.
#[derive(Clone, Copy, Debug)]
pub struct SampleToAlarm {
    /// Which alarm.
    pub code: AlarmCode,
    /// How long.
    pub delay: Duration,
}

impl SampleToAlarm {
    /// Logs and records it.
    pub fn emit(self) {
        let (code, delay_s) = (self.code.as_str(), self.delay.as_secs_f64());
        debug!(code, delay_s, "from sample to alarm");
        with(|instruments| instruments.alarm_delay.record(delay_s, &[KeyValue::new("code", code)]));
    }
}

/// A message of vital signs was acknowledged by the broker.
#[derive(Clone, Copy, Debug)]
pub struct VitalsPublished;

impl VitalsPublished {
    /// Logs and counts it.
    pub fn emit(self) {
        trace!("vital signs published");
        with(|instruments| instruments.vitals_published.add(1, &[]));
    }
}

/// A message was not acknowledged by the broker.
#[derive(Clone, Copy, Debug)]
pub struct PublishFailed<'a> {
    /// Where it should have gone.
    pub topic: &'a str,
    /// Why it did not.
    pub detail: &'a str,
}

impl PublishFailed<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        error!(topic = self.topic, detail = self.detail, "message not published");
        let attributes = [KeyValue::new("topic", self.topic.to_owned())];
        with(|instruments| instruments.publish_failures.add(1, &attributes));
    }
}
