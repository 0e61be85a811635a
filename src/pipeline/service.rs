//! The service: chunks from Kafka through the ward, alerts to Kafka, readings on the side. Or only one part of it: beds whose
//! windows others read, or the reading for others.
//!
//! One task owns the beds, the queue of readings and the bookkeeping of offsets; everything reaches it as a message.
//! What a chunk caused is sent in order and acknowledged before the chunk is committed. The clock is read here alone,
//! and only to notice that nothing came.

mod commands;
mod deliveries;
mod readings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::time::{Duration as ClockDuration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{Instrument, Span};

use super::desk::Desk;
use super::interpreter::{Interpreter, InterpreterSettings};
use super::monitor::{Monitor, Said};
use super::outgoing;
use crate::alarm::LimitProfiles;
use crate::bed::BedSettings;
use crate::broker::KafkaSettings;
use crate::ecg::{Chunk, Duration, StreamId, Time};
use crate::publish::DeadLetter;
use crate::publish::kafka::{KafkaPublisher, PublishError};
use crate::signal::timeline::DropReason;
use crate::source::kafka::{
    KafkaArrival, KafkaSource, KafkaSourceError, Position, Progress, Pseudonyms, Rejected, Ticket,
};
use crate::telemetry::events::{
    BedClosed, BedOpened, ChunkDropReason, ChunkDropped, ChunkRejected, ChunksReceived, ReadingRequestRejected,
    RejectReason,
};
use crate::telemetry::{self, Readiness};
use crate::wire::waveform;
use deliveries::Delivery;
use readings::Readers;

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
    /// What comes in.
    pub input: Input,
    /// Broker and topics.
    pub kafka: KafkaSettings,
    /// Every bed's settings.
    pub bed: BedSettings,
    /// Whether the streams are of patients who are there now: then one from which nothing comes is missed, and what the
    /// ward says on the topic of commands is followed. Not in a replay.
    pub is_live: bool,
    /// The limits that single beds may be set to.
    pub profiles: LimitProfiles,
    /// What streams are called instead of their names, from the moment that a chunk arrives.
    pub pseudonyms: Option<Pseudonyms>,
}

/// What comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// ECG: beds are watched.
    Waveforms,
    /// Windows of beds that others watch, to be read.
    ReadingRequests,
}

/// Who reads the windows.
pub enum Readings {
    /// Nobody.
    None,
    /// Others, who take the requests from the topic.
    Elsewhere,
    /// Nobody, and every request is answered with that. As many may wait as stand here.
    Refused(NonZeroUsize),
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

/// A stream as the service sees it.
struct Stream {
    partition: i32,
    end: Time,
    last_chunk: Instant,
}

struct Service<'a> {
    input: Input,
    source: KafkaSource,
    publisher: KafkaPublisher,
    monitor: Monitor,
    progress: Progress,
    streams: HashMap<StreamId, Stream>,
    readers: Readers,
    /// Whether the model fails at every window.
    is_failing: bool,
    /// Partitions of requests that have more than was read of them.
    behind: BTreeSet<i32>,
    deliveries: JoinSet<Delivery>,
    readiness: Readiness,
    is_live: bool,
    profiles: LimitProfiles,
    /// Whether streams have pseudonyms: then no dead letter holds what may be a name.
    has_pseudonyms: bool,
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
    let (readers, mut words) = Readers::open(readings);
    let mut service = Service {
        input: settings.input,
        source: match settings.input {
            Input::Waveforms => KafkaSource::new(&settings.kafka)?.under(settings.pseudonyms.clone()),
            Input::ReadingRequests => KafkaSource::of_requests(&settings.kafka)?,
        },
        publisher: KafkaPublisher::new(&settings.kafka)?,
        monitor: Monitor::new(settings.bed.clone()),
        progress: Progress::new(),
        streams: HashMap::new(),
        readers,
        is_failing: false,
        behind: BTreeSet::new(),
        deliveries: JoinSet::new(),
        readiness,
        is_live: settings.is_live,
        profiles: settings.profiles.clone(),
        has_pseudonyms: settings.pseudonyms.is_some(),
        observer,
    };
    let mut orders = service.commands(&settings.kafka).await?;
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(shutdown);
    loop {
        let may_take = service.deliveries.len() < MOST_UNACKNOWLEDGED;
        if settings.input == Input::ReadingRequests {
            // What has no place at the desk stays on the topic. Chunks never wait for readings.
            service.source.hold_back(service.readers.desk().is_some_and(Desk::is_full))?;
        }
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
            KafkaArrival::Request { message, position } => self.requested(message, &position).await,
            KafkaArrival::Rejected(rejected) => self.rejected(&rejected).await,
            KafkaArrival::Assigned { partitions } => {
                tracing::info!(?partitions, "partitions assigned");
                self.readiness.set("assignment", Ok(()));
                self.behind_on(|behind| behind.extend(partitions)).await
            }
            KafkaArrival::CaughtUp { partition } => {
                self.behind_on(|behind| {
                    behind.remove(&partition);
                })
                .await
            }
            KafkaArrival::Revoked { partitions } => {
                tracing::info!(?partitions, "partitions revoked");
                for partition in &partitions {
                    self.revoke(*partition);
                }
                self.behind_on(|behind| behind.retain(|partition| !partitions.contains(partition))).await
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
        let waited_for = self.readers.desk().and_then(|desk| desk.needs_since(&chunk.stream_id));
        let needed = self.monitor.ward().needs_since(&chunk.stream_id);
        self.progress.needs(&chunk.stream_id, needed.into_iter().chain(waited_for).min());
        self.progress.release(ticket);
        Ok(())
    }

    async fn rejected(&mut self, rejected: &Rejected) -> Result<(), ServiceError> {
        let reason = rejected.reason.in_full();
        match self.input {
            Input::Waveforms => {
                ChunkRejected { reason: RejectReason::from(&rejected.reason), detail: &reason }.emit();
            }
            Input::ReadingRequests => ReadingRequestRejected { detail: &reason }.emit(),
        }
        let Position { topic, partition, offset } = &rejected.position;
        self.dead_letter(DeadLetter {
            topic,
            partition: *partition,
            offset: *offset,
            key: rejected.key.as_deref(),
            payload: rejected.payload.as_deref(),
            withheld_bytes: rejected.withheld_bytes,
            reason: &reason,
        })
        .await
    }

    /// The ward is full: the chunk goes to the dead letters.
    async fn no_room(&mut self, chunk: &Chunk, position: &Position) -> Result<(), ServiceError> {
        let reason = format!("all {MOST_BEDS} beds are taken");
        ChunkRejected { reason: RejectReason::NoRoom, detail: &reason }.emit();
        let (key, payload) = (chunk.stream_id.as_str().as_bytes(), waveform::encode(chunk));
        self.dead_letter(DeadLetter {
            topic: &position.topic,
            partition: position.partition,
            offset: position.offset,
            key: Some(key),
            payload: Some(&payload),
            withheld_bytes: None,
            reason: &reason,
        })
        .await
    }

    async fn dead_letter(&mut self, letter: DeadLetter<'_>) -> Result<(), ServiceError> {
        let ticket = self.progress.arrived_alone(letter.partition, letter.offset);
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
                Said::Read(request) => to_say.extend(self.read(*request, ticket, heard).await?),
                Said::Dropped { stream_id, reason } => {
                    let reason = match reason {
                        DropReason::Duplicate => ChunkDropReason::Duplicate,
                        DropReason::Late => ChunkDropReason::Late,
                    };
                    ChunkDropped { stream_id: stream_id.as_str(), reason }.emit();
                }
                Said::Started(reason) => tracing::debug!(?reason, "time line starts"),
                Said::Alert { alert, at } => {
                    // In a replay nothing stands.
                    if let Some(state) = outgoing::state(&alert, at).filter(|_| self.is_live) {
                        self.send(state, None, ticket, heard).await?;
                    }
                    self.alert_changed(&alert, at, ticket, heard).await?;
                }
                Said::Vitals { .. } | Said::Round { .. } | Said::Beat { .. } | Said::Points { .. } => {}
            }
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
