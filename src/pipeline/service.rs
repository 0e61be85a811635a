//! The service: chunks from Kafka through the ward, alerts to Kafka, readings on the side. Or only one part of it: beds whose
//! windows others read, or the reading for others.
//!
//! One task owns the beds, the queue of readings and the bookkeeping of offsets; everything reaches it as a message.
//! What a chunk caused is sent in order and acknowledged before the chunk is committed. The clock is read here alone,
//! and only to notice that nothing came or that this instance stood still, and to date what is about this instance:
//! heartbeats and the audit log.

mod backlog;
mod cause;
mod chunks;
mod commands;
mod dead_letters;
mod deliveries;
mod hand_over;
mod heartbeats;
mod lanes;
mod readings;
mod saying;
mod silence;

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration as ClockDuration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout, timeout_at};

use super::audit::Audit;
use super::desk::{Desk, FromReader};
use super::interpreter::{Interpreter, InterpreterSettings};
use super::monitor::{Monitor, Said};
use super::standing::Standing;
use crate::alarm::LimitProfiles;
use crate::bed::BedSettings;
use crate::broker::KafkaSettings;
use crate::ecg::{Chunk, StreamId, Time};
use crate::publish::kafka::{KafkaPublisher, PublishError};
use crate::source::kafka::{
    KafkaArrival, KafkaSource, KafkaSourceError, Outlook, Position, Progress, Pseudonyms, Ticket, WholeArrival,
};
use crate::telemetry::Readiness;
use crate::telemetry::events::{BedClosed, ConsumerLag};
use backlog::Backlog;
use deliveries::Deliveries;
use hand_over::{Rehear, Warming};
use readings::Readers;
use silence::{PartitionEnd, ReadUntil};

/// How often silence is looked for and offsets are committed.
const TICK: ClockDuration = ClockDuration::from_millis(200);

/// Messages that may wait for their acknowledgement before no more input is taken.
const MOST_UNACKNOWLEDGED: usize = 10_000;

/// Streams beyond this number are refused: each bed takes about 300 kB, and names cost a sender nothing.
const MOST_BEDS: usize = 5_000;

/// How long the end of the service waits for acknowledgements.
const DRAIN: ClockDuration = ClockDuration::from_secs(7);

/// How long it then waits for the broker to let it leave the group. Without, the others miss it after the session time-out.
const LEAVE: ClockDuration = ClockDuration::from_secs(1);

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
    /// Word of other limits that hold from then on.
    pub changed_limits: Option<watch::Receiver<LimitProfiles>>,
    /// Where the audit log of commands goes beside the log.
    pub audit_file: Option<PathBuf>,
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
    kafka: KafkaSettings,
    source: KafkaSource,
    publisher: KafkaPublisher,
    monitor: Monitor,
    progress: Progress,
    streams: HashMap<StreamId, Stream>,
    /// Partitions whose beds hear again what was said of them before.
    warming: Warming,
    /// Until when all was read, and what the broker is asked about it.
    read_until: ReadUntil,
    questions: JoinSet<PartitionEnd>,
    /// How much of their past the beds of a partition will have to hear again.
    rehear: Rehear,
    /// What stands on the whole ward.
    standing: Standing,
    readers: Readers,
    /// Whether chunks wait, and whether that is known to the readers.
    backlog: Backlog,
    is_late: bool,
    /// Whether the model fails at every window.
    is_failing: bool,
    /// Partitions of requests that have more than was read of them.
    behind: BTreeSet<i32>,
    deliveries: Deliveries,
    heartbeats_under_way: usize,
    last_heartbeats: Option<Instant>,
    last_tick: Instant,
    last_commit: Instant,
    readiness: Readiness,
    is_live: bool,
    profiles: LimitProfiles,
    audit: Audit,
    /// Where streams have pseudonyms no dead letter holds what may be a name.
    pseudonyms: Option<Pseudonyms>,
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
    let unread = matches!(readings, Readings::None);
    let (readers, mut words) = Readers::open(readings);
    let mut service = Service {
        input: settings.input,
        kafka: settings.kafka.clone(),
        source: join(settings.input, &settings.kafka, settings.pseudonyms.as_ref())?,
        publisher: KafkaPublisher::new(&settings.kafka)?,
        monitor: Monitor::new(BedSettings { unread, ..settings.bed.clone() }),
        progress: Progress::new(),
        streams: HashMap::new(),
        warming: Warming::default(),
        read_until: ReadUntil::default(),
        questions: JoinSet::new(),
        rehear: Rehear::new(settings.kafka.rehear_s),
        standing: Standing::default(),
        readers,
        backlog: Backlog::default(),
        is_late: false,
        is_failing: false,
        behind: BTreeSet::new(),
        deliveries: Deliveries::default(),
        heartbeats_under_way: 0,
        last_heartbeats: None,
        last_tick: Instant::now(),
        last_commit: Instant::now(),
        audit: Audit::open(settings.audit_file.as_deref(), &settings.kafka.topics.commands, &readiness),
        readiness,
        is_live: settings.is_live,
        profiles: settings.profiles.clone(),
        pseudonyms: settings.pseudonyms.clone(),
        observer,
    };
    let watched = service.watch(settings, &mut words, shutdown).await;
    let ended = match watched {
        Ok(()) => Box::pin(service.drain()).await,
        Err(error) => Err(error),
    };
    // Asked to end or failed: the others are to have its beds at once.
    if timeout(LEAVE, service.source.close()).await.is_err() {
        tracing::warn!("ended without the broker's word: the others miss this instance a little later");
    }
    ended
}

/// The limits, once there are others. Never, where nobody tells of any.
async fn changed(limits: &mut Option<watch::Receiver<LimitProfiles>>) -> LimitProfiles {
    if let Some(limits) = limits
        && limits.changed().await.is_ok()
    {
        return limits.borrow_and_update().clone();
    }
    std::future::pending().await
}

/// Joins the group that reads the input.
fn join(
    input: Input,
    settings: &KafkaSettings,
    pseudonyms: Option<&Pseudonyms>,
) -> Result<KafkaSource, KafkaSourceError> {
    match input {
        Input::Waveforms => Ok(KafkaSource::new(settings)?.under(pseudonyms.cloned())),
        Input::ReadingRequests => KafkaSource::of_requests(settings),
    }
}

impl Service<'_> {
    /// Takes in what comes until `shutdown` is done.
    async fn watch(
        &mut self,
        settings: &ServiceSettings,
        words: &mut mpsc::Receiver<FromReader>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServiceError> {
        tokio::pin!(shutdown);
        let ward = tokio::select! {
            () = &mut shutdown => None,
            ward = self.hear_the_ward(&settings.kafka) => Some(ward?),
        };
        let Some((mut orders, mut states)) = ward else { return Ok(()) };
        self.last_tick = Instant::now();
        let mut changed_limits = settings.changed_limits.clone();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let may_take = self.deliveries.len() < MOST_UNACKNOWLEDGED;
            if self.input == Input::ReadingRequests {
                // What has no place at the desk stays on the topic. Chunks never wait for readings.
                self.source.hold_back(self.readers.desk().is_some_and(Desk::is_full))?;
            }
            self.all_delivered().await?;
            // What stands is heard before the chunks at which a bed takes it over, however many there are.
            while let Ok(state) = states.try_recv() {
                self.state_changed(state).await?;
            }
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                Some(delivery) = self.deliveries.under_way.join_next() => self.delivered(delivery).await?,
                Some(answer) = self.questions.join_next() => self.told_end(answer),
                Some(word) = words.recv() => self.reader_said(word).await?,
                Some(order) = orders.recv() => self.command(order).await?,
                limits = changed(&mut changed_limits) => self.set_limits(limits),
                Some(state) = states.recv() => self.state_changed(state).await?,
                _ = tick.tick() => self.tick().await?,
                arrival = self.source.next(), if may_take => self.arrival(arrival?).await?,
            }
        }
    }

    /// Starts to follow what the ward says and what stands there; both are known before the first chunk.
    async fn hear_the_ward(
        &mut self,
        settings: &KafkaSettings,
    ) -> Result<(mpsc::Receiver<WholeArrival>, mpsc::Receiver<WholeArrival>), ServiceError> {
        Ok((self.commands(settings).await?, self.open_alerts(settings).await?))
    }

    /// All beds but those with limits of their own have these from now on.
    fn set_limits(&mut self, profiles: LimitProfiles) {
        self.monitor.set_limits_of_all(profiles.configured.clone());
        self.profiles = profiles;
    }

    async fn arrival(&mut self, arrival: KafkaArrival) -> Result<(), ServiceError> {
        match arrival {
            KafkaArrival::Chunk { chunk, position } => self.chunks(chunk, &position).await,
            KafkaArrival::Request { message, position } => self.requested(message, &position).await,
            KafkaArrival::Rejected(rejected) => {
                let Position { partition, offset, .. } = rejected.position;
                self.reached(partition, offset).await?;
                self.rejected(&rejected).await?;
                self.reached(partition, offset + 1).await
            }
            KafkaArrival::Assigned { partitions, committed } => {
                tracing::info!(?partitions, ?committed, "partitions assigned");
                if self.input == Input::Waveforms {
                    self.warming.begin(&committed);
                }
                self.readiness.set("assignment", Ok(()));
                self.behind_on(|behind| behind.extend(partitions)).await
            }
            KafkaArrival::Outlook(outlook) => {
                self.looked_out(&outlook);
                Ok(())
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

    /// What the client library knows of the cluster.
    fn looked_out(&mut self, outlook: &Outlook) {
        let broker = if outlook.brokers_up > 0 {
            Ok(())
        } else {
            Err(format!("none of the brokers at {} answers", self.kafka.brokers))
        };
        self.readiness.set("broker", broker);
        for (partition, messages) in &outlook.lag {
            self.tell_lag(*partition, *messages);
        }
    }

    fn tell_lag(&self, partition: i32, messages: u64) {
        let topic = match self.input {
            Input::Waveforms => &self.kafka.topics.waveforms,
            Input::ReadingRequests => &self.kafka.topics.reading_requests,
        };
        ConsumerLag { topic, partition, messages }.emit();
    }

    /// Looks for silent beds and commits what may be committed.
    async fn tick(&mut self) -> Result<(), ServiceError> {
        if self.is_live {
            self.stalled().await?;
            self.silence().await?;
            self.heartbeats().await?;
        }
        self.alarms_first().await?;
        self.commit()
    }

    /// The patient has left: the bed's open alarms end, and nothing is needed for it any more.
    fn close(&mut self, stream_id: &StreamId, now: Time) -> Vec<Said> {
        if let Some(stream) = self.streams.remove(stream_id) {
            self.rehear.closed(stream.partition);
        }
        self.progress.needs_nothing(stream_id);
        BedClosed { stream_id: stream_id.as_str() }.emit();
        self.monitor.close(stream_id, now)
    }

    /// Takes one hold off a message, and notes what follows for a successor.
    fn release(&mut self, ticket: Ticket) {
        self.progress.release(ticket);
        if let Some((said_until, read_until)) = self.progress.said(ticket) {
            self.source.said(ticket.partition(), said_until, read_until);
        }
    }

    fn commit(&mut self) -> Result<(), ServiceError> {
        self.last_commit = Instant::now();
        let resumes = self.progress.committable();
        if !resumes.is_empty() {
            self.source.commit(&resumes)?;
        }
        Ok(())
    }

    fn revoke(&mut self, partition: i32) {
        self.progress.revoke(partition);
        self.warming.revoke(partition);
        self.read_until.revoke(partition);
        self.tell_lag(partition, 0);
        self.rehear.revoke(partition);
        for stream_id in self.streams_of(partition) {
            self.streams.remove(&stream_id);
            self.monitor.hand_over(&stream_id);
            BedClosed { stream_id: stream_id.as_str() }.emit();
        }
    }

    /// Waits for the acknowledgements that are still to come, and commits.
    async fn drain(&mut self) -> Result<(), ServiceError> {
        let deadline = tokio::time::Instant::now() + DRAIN;
        while let Ok(Some(delivery)) = timeout_at(deadline, self.deliveries.under_way.join_next()).await {
            self.delivered(delivery).await?;
        }
        if self.deliveries.len() > 0 {
            tracing::warn!(
                messages = self.deliveries.len(),
                "ended without all acknowledgements; their chunks are not committed"
            );
        }
        self.commit()
    }
}
