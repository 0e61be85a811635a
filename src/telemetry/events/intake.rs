//! Events of what comes in: how far behind it is, and what the leads are good for.

use std::time::Duration;

use opentelemetry::KeyValue;
use tracing::{debug, trace};

use crate::{telemetry::instruments::with, wire::Quality};

/// A bed has heard a chunk for the first time.
#[derive(Clone, Copy, Debug)]
pub struct ChunkHeard {
    /// From the time stamp that it has on the topic until now, by the clocks of both machines.
    pub waited: Duration,
}

impl ChunkHeard {
    /// Logs and records it.
    pub fn emit(self) {
        let waited_s = self.waited.as_secs_f64();
        trace!(waited_s, "chunk heard");
        with(|instruments| instruments.chunk_queue_time.record(waited_s, &[]));
    }
}

/// How much of a partition is still to be read.
#[derive(Clone, Copy, Debug)]
pub struct ConsumerLag<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition of it.
    pub partition: i32,
    /// Messages that stand there and were not taken; 0 for a partition that is no longer ours.
    pub messages: u64,
}

impl ConsumerLag<'_> {
    /// Logs and records it.
    pub fn emit(self) {
        debug!(topic = self.topic, partition = self.partition, messages = self.messages, "lag");
        let attributes =
            [KeyValue::new("topic", self.topic.to_owned()), KeyValue::new("partition", i64::from(self.partition))];
        with(|instruments| instruments.consumer_lag.record(self.messages, &attributes));
    }
}

/// A second of a bed's leads.
#[derive(Clone, Copy, Debug)]
pub struct LeadsObserved<'a> {
    /// What each of them was good for.
    pub qualities: &'a [Quality],
}

impl LeadsObserved<'_> {
    /// Logs, counts and records it.
    pub fn emit(self) {
        let usable = self.qualities.iter().filter(|quality| quality.is_usable()).count();
        trace!(usable, leads = self.qualities.len(), "leads");
        with(|instruments| {
            instruments.leads_usable.record(usable as u64, &[]);
            for quality in self.qualities {
                instruments.leads_observed.add(1, &[KeyValue::new("quality", quality.as_str())]);
            }
        });
    }
}
