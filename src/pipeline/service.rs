//! The service: chunks from Kafka through the ward, alerts to Kafka, readings on the side.
//!
//! One task owns the beds, the queue of readings and the bookkeeping of offsets; everything reaches it as a message.
//! What a chunk caused is sent in order and acknowledged before the chunk is committed. The clock is read here alone,
//! and only to notice that nothing came.

mod commands;

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::time::{Duration as ClockDuration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{Instrument, Span};

use super::desk::{Desk, FromReader};
use super::interpreter::{Interpreter, InterpreterSettings, in_full};
use super::monitor::{Monitor, ReadingRequest, Said};
use crate::alarm::LimitProfiles;
use crate::bed::BedSettings;
use crate::broker::KafkaSettings;
use crate::ecg::{Chunk, Duration, StreamId, Time};
use crate::gem::engine::Priority;
use crate::publish::kafka::{KafkaPublisher, PublishError};
use crate::publish::{DeadLetter, Outgoing, Topic};
use crate::signal::timeline::DropReason;
use crate::source::kafka::{KafkaArrival, KafkaSource, KafkaSourceError, Position, Progress, Rejected, Ticket};
use crate::telemetry::events::{
    AlertPublished, BedClosed, BedOpened, ChunkDropReason, ChunkDropped, ChunkRejected, ChunksReceived, PublishFailed,
    RejectReason, SampleToAlarm, VitalsPublished,
};
use crate::telemetry::{self, Readiness};
use crate::wire::{Alert, AlertState, waveform};

/// How often silence is looked for and offsets are committed.
const TICK: ClockDuration = ClockDuration::from_millis(200);

/// Messages that may wait for their acknowledgement before no more input is taken.
const MOST_UNACKNOWLEDGED: usize = 10_000;

/// A bed whose stream has been silent for a day is closed.
const GONE_AFTER: ClockDuration = ClockDuration::from_hours(24);

/// Streams beyond this number are refused: each bed takes about 300 kB, and names cost a sender nothing.
const MOST_BEDS: usize = 5_000;

/// How long the end of the service waits for acknowledgements.
const DRAIN: ClockDuration = ClockDuration::from_secs(8);

/// What the service is set to.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Broker and topics.
    pub kafka: KafkaSettings,
    /// Every bed's settings.
    pub bed: BedSettings,
    /// Whether the streams are of patients who are there now: then one from which nothing comes is missed, and what the
    /// ward says on the topic of commands is followed. Not in a replay.
    pub is_live: bool,
    /// The limits that single beds may be set to.
    pub profiles: LimitProfiles,
}

/// Who reads the windows.
pub enum Readings {
    /// Nobody.
    None,
    /// A thread of its own, behind a queue of this length. For live streams: no alarm waits for it.
    Desk(InterpreterSettings, NonZeroUsize),
    /// The service itself, at once. For replays: what is said comes in the same order each time.
    AtOnce(Box<Interpreter>),
}

/// Hears what the service takes in and says, before it is published.
pub trait Observer {
    /// A chunk was taken in.
    fn chunk(&mut self, chunk: &Chunk);
    /// Something is about to be published, or was noticed.
    fn said(&mut self, said: &Said);
}

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Chunks cannot be read.
    #[error("cannot read from kafka")]
    Source(#[from] KafkaSourceError),
    /// Alerts cannot be published.
    #[error("cannot publish to kafka")]
    Publish(#[from] PublishError),
}

/// An acknowledgement that came, or did not.
struct Delivery {
    ticket: Option<Ticket>,
    outgoing: Outgoing,
    alert: Option<Box<Alert>>,
    /// When what caused it was heard.
    heard: Instant,
    result: Result<(), PublishError>,
}

/// A stream as the service sees it.
struct Stream {
    partition: i32,
    end: Time,
    last_chunk: Instant,
}

struct Service<'a> {
    source: KafkaSource,
    publisher: KafkaPublisher,
    monitor: Monitor,
    progress: Progress,
    streams: HashMap<StreamId, Stream>,
    desk: Option<Desk>,
    at_once: Option<Box<Interpreter>>,
    deliveries: JoinSet<Delivery>,
    readiness: Readiness,
    is_live: bool,
    profiles: LimitProfiles,
    observer: &'a mut (dyn Observer + Send),
}

/// Runs the service until `shutdown` is done, then until everything said is acknowledged, 8 s at most.
pub async fn serve(
    settings: &ServiceSettings,
    readings: Readings,
    readiness: Readiness,
    observer: &mut (dyn Observer + Send),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServiceError> {
    let (desk, at_once, mut words) = match readings {
        Readings::None => (None, None, mpsc::channel(1).1),
        Readings::AtOnce(interpreter) => (None, Some(interpreter), mpsc::channel(1).1),
        Readings::Desk(settings, capacity) => {
            let (desk, words) = Desk::open(settings, capacity);
            (Some(desk), None, words)
        }
    };
    let mut service = Service {
        source: KafkaSource::new(&settings.kafka)?,
        publisher: KafkaPublisher::new(&settings.kafka)?,
        monitor: Monitor::new(settings.bed.clone()),
        progress: Progress::new(),
        streams: HashMap::new(),
        desk,
        at_once,
        deliveries: JoinSet::new(),
        readiness,
        is_live: settings.is_live,
        profiles: settings.profiles.clone(),
        observer,
    };
    let mut orders = service.commands(&settings.kafka).await?;
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(shutdown);
    loop {
        let may_take = service.deliveries.len() < MOST_UNACKNOWLEDGED;
        tokio::select! {
            () = &mut shutdown => break,
            Some(delivery) = service.deliveries.join_next() => service.delivered(delivery).await?,
            Some(word) = words.recv() => service.reader_said(word).await?,
            Some(order) = orders.recv() => service.command(order).await?,
            _ = tick.tick() => service.tick().await?,
            arrival = service.source.next(), if may_take => service.arrival(arrival?).await?,
        }
    }
    service.drain().await
}

impl Service<'_> {
    async fn arrival(&mut self, arrival: KafkaArrival) -> Result<(), ServiceError> {
        match arrival {
            KafkaArrival::Chunk { chunk, position } => self.chunk(&chunk, &position).await,
            KafkaArrival::Rejected(rejected) => self.rejected(&rejected).await,
            KafkaArrival::Assigned { partitions } => {
                tracing::info!(?partitions, "partitions assigned");
                self.readiness.set("assignment", Ok(()));
                Ok(())
            }
            KafkaArrival::Revoked { partitions } => {
                tracing::info!(?partitions, "partitions revoked");
                for partition in partitions {
                    self.revoke(partition);
                }
                Ok(())
            }
        }
    }

    async fn chunk(&mut self, chunk: &Chunk, position: &Position) -> Result<(), ServiceError> {
        if !self.streams.contains_key(&chunk.stream_id) && self.streams.len() >= MOST_BEDS {
            return self.no_room(chunk, position).await;
        }
        let heard = Instant::now();
        ChunksReceived { count: 1 }.emit();
        let ticket = self.progress.arrived(position.partition, position.offset, &chunk.stream_id, chunk.end());
        let stream = Stream { partition: position.partition, end: chunk.end(), last_chunk: heard };
        if self.streams.insert(chunk.stream_id.clone(), stream).is_none() {
            BedOpened { stream_id: chunk.stream_id.as_str() }.emit();
        }
        self.observer.chunk(chunk);
        for said in self.monitor.push(chunk) {
            self.say(said, Some(ticket), heard).await?;
        }
        let waited_for = self.desk.as_ref().and_then(|desk| desk.needs_since(&chunk.stream_id));
        let needed = self.monitor.ward().needs_since(&chunk.stream_id);
        self.progress.needs(&chunk.stream_id, needed.into_iter().chain(waited_for).min());
        self.progress.release(ticket);
        Ok(())
    }

    async fn rejected(&mut self, rejected: &Rejected) -> Result<(), ServiceError> {
        let reason = rejected.reason.in_full();
        ChunkRejected { reason: RejectReason::from(&rejected.reason), detail: &reason }.emit();
        self.dead_letter(&rejected.position, rejected.key.as_deref(), rejected.payload.as_deref(), &reason).await
    }

    /// The ward is full: the chunk goes to the dead letters.
    async fn no_room(&mut self, chunk: &Chunk, position: &Position) -> Result<(), ServiceError> {
        let reason = format!("all {MOST_BEDS} beds are taken");
        ChunkRejected { reason: RejectReason::NoRoom, detail: &reason }.emit();
        let (key, payload) = (chunk.stream_id.as_str().as_bytes(), waveform::encode(chunk));
        self.dead_letter(position, Some(key), Some(&payload), &reason).await
    }

    async fn dead_letter(
        &mut self,
        position: &Position,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
        reason: &str,
    ) -> Result<(), ServiceError> {
        let ticket = self.progress.arrived_rejected(position.partition, position.offset);
        let (topic, partition, offset) = (position.topic.as_str(), position.partition, position.offset);
        let letter = DeadLetter { topic, partition, offset, key, payload, reason };
        self.send(letter.outgoing(), None, Some(ticket), Instant::now()).await?;
        self.progress.release(ticket);
        Ok(())
    }

    /// Says something, and what follows from it; `heard` is when its cause was heard.
    async fn say(&mut self, said: Said, ticket: Option<Ticket>, heard: Instant) -> Result<(), ServiceError> {
        let mut to_say = std::collections::VecDeque::from([said]);
        while let Some(mut said) = to_say.pop_front() {
            let span = traced(&mut said);
            self.observer.said(&said);
            if let Some(outgoing) = said.outgoing() {
                let alert = if let Said::Alert { alert, .. } = &said { Some(alert.clone()) } else { None };
                self.send(outgoing, alert, ticket, heard).instrument(span).await?;
            }
            match said {
                Said::Read(request) => to_say.extend(self.read(*request)),
                Said::Dropped { stream_id, reason } => {
                    let reason = match reason {
                        DropReason::Duplicate => ChunkDropReason::Duplicate,
                        DropReason::Late => ChunkDropReason::Late,
                    };
                    ChunkDropped { stream_id: stream_id.as_str(), reason }.emit();
                }
                Said::Started(reason) => tracing::debug!(?reason, "time line starts"),
                Said::Alert { alert, .. } => {
                    if let (AlertState::Cleared | AlertState::Latched, Some(desk)) = (alert.state, &mut self.desk) {
                        desk.cleared(&alert);
                    }
                }
                Said::Vitals { .. } | Said::Round { .. } | Said::Beat { .. } | Said::Points { .. } => {}
            }
        }
        Ok(())
    }

    fn read(&mut self, request: ReadingRequest) -> Vec<Said> {
        if let Some(interpreter) = &self.at_once {
            let reading = tokio::task::block_in_place(|| {
                interpreter.read(&request.strip, Priority::default(), &|| false, &mut |_| {})
            });
            return vec![request.answer(reading)];
        }
        self.desk.as_mut().map_or_else(Vec::new, |desk| desk.request(request))
    }

    /// Sends a message; it is held against its chunk until the broker has it.
    async fn send(
        &mut self,
        outgoing: Outgoing,
        alert: Option<Box<Alert>>,
        ticket: Option<Ticket>,
        heard: Instant,
    ) -> Result<(), ServiceError> {
        if let Some(ticket) = ticket {
            self.progress.hold(ticket);
        }
        let acknowledged = self.publisher.enqueue(outgoing.clone()).await?;
        self.deliveries.spawn(async move { Delivery { ticket, outgoing, alert, heard, result: acknowledged.await } });
        Ok(())
    }

    async fn delivered(&mut self, delivery: Result<Delivery, tokio::task::JoinError>) -> Result<(), ServiceError> {
        let delivery = delivery.expect("waiting for an acknowledgement does not panic (this is a bug)");
        match delivery.result {
            Ok(()) => {
                if let Some(alert) = &delivery.alert {
                    AlertPublished { stream_id: &alert.stream_id, code: alert.code, state: alert.state }.emit();
                    if matches!(alert.state, AlertState::Raised | AlertState::Escalated) {
                        SampleToAlarm { code: alert.code, delay: delivery.heard.elapsed() }.emit();
                    }
                } else if delivery.outgoing.topic == Topic::Vitals {
                    VitalsPublished.emit();
                }
            }
            Err(error) => {
                let topic = format!("{:?}", delivery.outgoing.topic);
                PublishFailed { topic: &topic, detail: &error.to_string() }.emit();
                if !matches!(error, PublishError::TooLarge { .. }) {
                    // Nothing is lost: it is sent again until the broker has it, and until then nothing is committed.
                    self.send(delivery.outgoing, delivery.alert, delivery.ticket, delivery.heard).await?;
                }
            }
        }
        if let Some(ticket) = delivery.ticket {
            self.progress.release(ticket);
        }
        Ok(())
    }

    async fn reader_said(&mut self, word: FromReader) -> Result<(), ServiceError> {
        let answers = match word {
            FromReader::Loaded(loaded) => {
                match &loaded {
                    Ok(model) => {
                        tracing::info!(model = model.name, slots = model.slots, "model loaded");
                        self.readiness.set("model", Ok(()));
                    }
                    Err(error) => {
                        let error = in_full(error.as_ref());
                        tracing::error!(error, "no model: alarms go on, readings are not available");
                        self.readiness.set("model", Err(error));
                    }
                }
                self.desk.as_mut().map_or_else(Vec::new, |desk| desk.loaded(loaded))
            }
            FromReader::Read(done) => {
                let (request, reading) = *done;
                self.desk.as_mut().map_or_else(Vec::new, |desk| desk.finished(request, reading))
            }
        };
        for said in answers {
            self.say(said, None, Instant::now()).await?;
        }
        Ok(())
    }

    /// Looks for silent beds and commits what may be committed.
    async fn tick(&mut self) -> Result<(), ServiceError> {
        if self.is_live {
            self.silence().await?;
        }
        self.commit()
    }

    /// Says what follows from silence: no data, and after a day the end of the bed.
    async fn silence(&mut self) -> Result<(), ServiceError> {
        let now_of = |stream: &Stream| stream.end + Duration::from_secs_f64(stream.last_chunk.elapsed().as_secs_f64());
        // In the order of their names, so that a log reads the same each time.
        let silent: BTreeMap<StreamId, Time> = self
            .streams
            .iter()
            .filter(|(_, stream)| stream.last_chunk.elapsed() > 5 * TICK)
            .map(|(stream_id, stream)| (stream_id.clone(), now_of(stream)))
            .collect();
        for (stream_id, now) in silent {
            let gone = self.streams.get(&stream_id).is_some_and(|stream| stream.last_chunk.elapsed() > GONE_AFTER);
            let said = if gone { self.close(&stream_id, now) } else { self.monitor.silent_until(&stream_id, now) };
            for said in said {
                self.say(said, None, Instant::now()).await?;
            }
        }
        Ok(())
    }

    /// The patient has left: the bed's open alarms end, and nothing is needed for it any more.
    fn close(&mut self, stream_id: &StreamId, now: Time) -> Vec<Said> {
        self.streams.remove(stream_id);
        self.progress.needs(stream_id, None);
        BedClosed { stream_id: stream_id.as_str() }.emit();
        self.monitor.close(stream_id, now)
    }

    fn commit(&mut self) -> Result<(), ServiceError> {
        let offsets = self.progress.committable();
        if !offsets.is_empty() {
            self.source.commit(&offsets)?;
        }
        Ok(())
    }

    fn revoke(&mut self, partition: i32) {
        self.progress.revoke(partition);
        let gone: Vec<StreamId> = self
            .streams
            .iter()
            .filter(|(_, stream)| stream.partition == partition)
            .map(|(stream_id, _)| stream_id.clone())
            .collect();
        for stream_id in gone {
            self.streams.remove(&stream_id);
            self.monitor.hand_over(&stream_id);
            BedClosed { stream_id: stream_id.as_str() }.emit();
        }
    }

    /// Waits for the acknowledgements that are still to come, commits and leaves the group.
    async fn drain(mut self) -> Result<(), ServiceError> {
        let deadline = tokio::time::Instant::now() + DRAIN;
        while let Ok(Some(delivery)) = tokio::time::timeout_at(deadline, self.deliveries.join_next()).await {
            self.delivered(delivery).await?;
        }
        if !self.deliveries.is_empty() {
            tracing::warn!(
                messages = self.deliveries.len(),
                "ended without all acknowledgements; their chunks are not committed"
            );
        }
        self.commit()?;
        self.source.close().await;
        Ok(())
    }
}

/// A change of state of an alert is a trace of its own, from here to the acknowledgement; the message carries its id.
fn traced(said: &mut Said) -> Span {
    let Said::Alert { alert, .. } = said else { return Span::none() };
    let (stream_id, code) = (alert.stream_id.as_str(), alert.code.as_str());
    let span = tracing::info_span!("alert", stream_id, code, state = ?alert.state, id = %alert.id);
    alert.trace_id = span.in_scope(telemetry::trace_id);
    span
}
