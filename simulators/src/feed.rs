//! Feeds Kafka with the chunks of a whole ward, at the pace of the clock.
//!
//! In: a [`Ward`], where and how fast to send. What goes wrong on a bed's line ([`crate::line`]) happens before. Out: messages on a topic, keyed by stream id, in CloudEvents binary
//! mode (CloudEvents 1.0, Kafka protocol binding). The only module of this crate with a clock.

#![expect(clippy::doc_markdown, reason = "CloudEvents is a name, not code")]

mod schedule;

use std::{
    collections::VecDeque,
    future::{Future, pending},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rdkafka::{
    ClientContext,
    config::{ClientConfig, FromClientConfigAndContext},
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, future_producer::DeliveryFuture},
};
use tokio::time::{Instant, sleep_until};

use crate::{
    line::{Delivery, FaultCounts},
    monitor::{MonitorChunk, MonitorError},
    scenario::Ward,
    wire::{encoded, waveform_chunk},
};
use schedule::Schedule;

/// The `ce_type` of every message.
pub const EVENT_TYPE: &str = "gemwatch.v1.WaveformChunk";
/// How long a broker may be away before the feed gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// So many messages may wait for their acknowledgement; then the feed waits too.
const MAX_IN_FLIGHT: usize = 4096;

/// How fast the ward's time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as the clock; 1 is real time. Must be above 0.
    Times(f64),
    /// As fast as the broker takes it.
    Max,
}

/// Where and how to send.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedSettings {
    /// The brokers to begin with, `host:port` and commas between.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// How fast.
    pub speed: Speed,
    /// How much of the ward's time to send; without end if `None`.
    pub duration: Option<Duration>,
    /// The `ce_source`: who sends.
    pub source: String,
    /// Further settings of the client, such as `security.protocol`; they win over those made here.
    pub client: Vec<(String, String)>,
}

impl FeedSettings {
    /// Real time and without end on the topic `ecg.waveforms`.
    pub fn new(brokers: impl Into<String>) -> FeedSettings {
        FeedSettings {
            brokers: brokers.into(),
            topic: "ecg.waveforms".into(),
            speed: Speed::Times(1.0),
            duration: None,
            source: "/bedside".into(),
            client: Vec::new(),
        }
    }
}

/// What was sent and acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedReport {
    /// Messages.
    pub chunks: u64,
    /// Bytes of their values.
    pub bytes: u64,
    /// What went wrong on the lines of the beds, as the scenario asks for it.
    pub faults: FaultCounts,
}

/// Why the feed stopped.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A bed that cannot be.
    #[error("the ward cannot be monitored")]
    Monitor(#[from] MonitorError),
    /// The client cannot be made.
    #[error("cannot make a Kafka client for {brokers}")]
    Client {
        /// For which brokers.
        brokers: String,
        /// Why.
        #[source]
        source: Box<KafkaError>,
    },
    /// The client refused a message.
    #[error("cannot queue chunk {sequence} of {stream_id}")]
    Queue {
        /// Whose chunk.
        stream_id: Arc<str>,
        /// Which one.
        sequence: u64,
        /// Why.
        #[source]
        source: Box<KafkaError>,
    },
    /// No broker acknowledged a message in [`PATIENCE`].
    #[error(
        "chunk {sequence} of {stream_id} was not taken by {brokers}{}; is the broker up, and does it have the topic?",
        last_error.as_ref().map(|error| format!(" (last trouble: {error})")).unwrap_or_default()
    )]
    Delivery {
        /// Whose chunk.
        stream_id: Arc<str>,
        /// Which one.
        sequence: u64,
        /// Where it should have gone.
        brokers: String,
        /// What the client last said about its brokers.
        last_error: Option<String>,
        /// Why.
        #[source]
        source: Box<KafkaError>,
    },
    /// The client went away under the feed.
    #[error("the Kafka client was closed before it acknowledged everything")]
    Closed,
}

/// Remembers what the client said about its brokers: a delivery that timed out does not say why.
#[derive(Clone, Default)]
struct BrokerTrouble(Arc<Mutex<Option<String>>>);

impl BrokerTrouble {
    fn last(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for BrokerTrouble {
    fn error(&self, error: KafkaError, reason: &str) {
        // That all are down follows from each being down, and only the latter says why.
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            return;
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}

/// A message on its way.
struct InFlight {
    delivery: DeliveryFuture,
    stream_id: Arc<str>,
    sequence: u64,
    bytes: usize,
}

/// Sends the chunks of `ward`, which began at `start_unix_ns` (ns since 1970 UTC), until the duration is over or `stop`
/// is ready; then waits until everything is acknowledged.
pub async fn feed(
    ward: &Ward,
    settings: &FeedSettings,
    start_unix_ns: i64,
    stop: impl Future<Output = ()>,
) -> Result<FeedReport, FeedError> {
    // The ward began when this was called: many monitors take a while to be made.
    let start = Instant::now();
    let mut schedule = Schedule::new(ward, settings.duration)?;
    let mut sender = Sender::new(settings, start_unix_ns)?;
    let mut stop = std::pin::pin!(stop);
    while let Some(Delivery { at_ns, chunk }) = schedule.next_delivery() {
        sender.report.faults = schedule.faults();
        let due = match settings.speed {
            Speed::Max => None,
            Speed::Times(times) => {
                let offset_s = at_ns as f64 / 1e9 / times;
                Duration::try_from_secs_f64(offset_s).ok().and_then(|offset| start.checked_add(offset))
            }
        };
        let ready = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => tokio::task::yield_now().await,
            }
        };
        let mut ready = std::pin::pin!(ready);
        loop {
            let full = sender.in_flight.len() >= MAX_IN_FLIGHT;
            tokio::select! {
                biased;
                () = &mut stop => return sender.finish().await,
                acknowledged = sender.acknowledged() => acknowledged?,
                () = &mut ready, if !full => break,
            }
        }
        sender.send(&chunk)?;
    }
    sender.report.faults = schedule.faults();
    sender.finish().await
}

/// The producer and what it has not acknowledged.
struct Sender<'a> {
    settings: &'a FeedSettings,
    start_unix_ns: i64,
    producer: FutureProducer<BrokerTrouble>,
    trouble: BrokerTrouble,
    in_flight: VecDeque<InFlight>,
    report: FeedReport,
}

impl<'a> Sender<'a> {
    fn new(settings: &'a FeedSettings, start_unix_ns: i64) -> Result<Sender<'a>, FeedError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &settings.brokers)
            .set("client.id", "bedside")
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("compression.type", "zstd")
            .set("linger.ms", "5")
            .set("message.timeout.ms", PATIENCE.as_millis().to_string());
        config.extend(settings.client.iter().cloned());
        let trouble = BrokerTrouble::default();
        let producer = FutureProducer::from_config_and_context(&config, trouble.clone())
            .map_err(|source| FeedError::Client { brokers: settings.brokers.clone(), source: source.into() })?;
        let (in_flight, report) = (VecDeque::new(), FeedReport::default());
        Ok(Sender { settings, start_unix_ns, producer, trouble, in_flight, report })
    }

    fn send(&mut self, chunk: &MonitorChunk) -> Result<(), FeedError> {
        let message = waveform_chunk(chunk, self.start_unix_ns);
        let value = encoded(&message);
        let record = FutureRecord::to(&self.settings.topic)
            .key(&message.stream_id)
            .payload(&value)
            .timestamp(message.start_unix_ns / 1_000_000)
            .headers(self.headers(chunk, message.start_unix_ns));
        let (stream_id, sequence) = (Arc::clone(&chunk.stream_id), chunk.sequence);
        match self.producer.send_result(record) {
            Ok(delivery) => {
                self.in_flight.push_back(InFlight { delivery, stream_id, sequence, bytes: value.len() });
                Ok(())
            }
            Err((source, _)) => Err(FeedError::Queue { stream_id, sequence, source: source.into() }),
        }
    }

    fn headers(&self, chunk: &MonitorChunk, start_unix_ns: i64) -> OwnedHeaders {
        // A monitor that was switched off and on counts from 0 again; the time keeps its ids apart.
        let id = format!("{}:{}:{start_unix_ns}", chunk.stream_id, chunk.sequence);
        let time = jiff::Timestamp::from_nanosecond(i128::from(start_unix_ns)).ok().map(|time| time.to_string());
        let mut headers = OwnedHeaders::new_with_capacity(6);
        for (key, value) in [
            ("ce_specversion", Some("1.0")),
            ("ce_id", Some(id.as_str())),
            ("ce_type", Some(EVENT_TYPE)),
            ("ce_source", Some(self.settings.source.as_str())),
            ("ce_time", time.as_deref()),
            ("content-type", Some("application/protobuf")),
        ] {
            if value.is_some() {
                headers = headers.insert(Header { key, value });
            }
        }
        headers
    }

    /// Waits for the oldest message to be acknowledged; for ever if there is none. May be dropped at any point.
    async fn acknowledged(&mut self) -> Result<(), FeedError> {
        let Some(oldest) = self.in_flight.front_mut() else {
            return pending().await;
        };
        let outcome = (&mut oldest.delivery).await.map_err(|_| FeedError::Closed)?;
        let Some(InFlight { stream_id, sequence, bytes, .. }) = self.in_flight.pop_front() else {
            return Err(FeedError::Closed);
        };
        if let Err((source, _)) = outcome {
            let (brokers, last_error) = (self.settings.brokers.clone(), self.trouble.last());
            return Err(FeedError::Delivery { stream_id, sequence, brokers, last_error, source: source.into() });
        }
        self.report.chunks += 1;
        self.report.bytes += bytes as u64;
        Ok(())
    }

    async fn finish(mut self) -> Result<FeedReport, FeedError> {
        while !self.in_flight.is_empty() {
            self.acknowledged().await?;
        }
        Ok(self.report)
    }
}
