//! The topic `ecg.waveforms` or `ecg.reading-requests`, read as one member of a consumer group; and topics that every
//! instance reads whole ([`read_whole`]) or a board follows ([`read_from_now`]).
//!
//! In come the messages of the partitions this member was given, out come [`KafkaArrival`]s: chunks or requests, messages
//! that are neither, and word of partitions that come and go. What may be committed is worked out by [`Progress`].

mod arrival;
mod group;
mod progress;
mod pseudonyms;
mod whole;

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::timeout;
use uuid::Uuid;

pub use arrival::{KafkaArrival, Outlook, Position, RejectReason, Rejected};
pub use progress::{Progress, Resume, Ticket};
pub use pseudonyms::Pseudonyms;
pub use whole::{WholeArrival, read_from_now, read_whole};

use crate::broker::{BrokerError, KafkaSettings, client_config};
use crate::ecg::Chunk;
use group::GroupContext;

/// The property that says how long a member of the group may be silent.
const SESSION_TIMEOUT: &str = "session.timeout.ms";

/// What a consumer starts from; the settings may say otherwise.
const DEFAULTS: [(&str, &str); 9] = [
    ("partition.assignment.strategy", "cooperative-sticky"),
    // A crashed member is missed after this time; until then its beds are watched by nobody.
    (SESSION_TIMEOUT, "10000"),
    ("heartbeat.interval.ms", "2000"),
    // A member that has not asked for a message for so long is stuck, and loses its partitions.
    ("max.poll.interval.ms", "60000"),
    ("queued.max.messages.kbytes", "32768"),
    // A member that is behind reads its partitions in turns, and no bed is to wait for long until its own has its turn.
    ("max.partition.fetch.bytes", "262144"),
    // Of a whole ward a chunk comes every millisecond: the broker waits until it is worth an answer, but not for long.
    ("fetch.min.bytes", "32768"),
    ("fetch.wait.max.ms", "20"),
    // So often the library says how it sees the cluster: connections and lag.
    ("statistics.interval.ms", "2000"),
];

/// How long a member tries to leave its group before it ends. Without success the others miss it after the session
/// time-out.
const LEAVE: Duration = Duration::from_millis(600);

/// How long the client library may take to tell the broker, once it holds no partition any more. It does not say when it has.
const TELL: Duration = Duration::from_millis(100);

/// A member whose place another has taken joins anew, for it may have been itself: an answer that a broker did not live to give is
/// asked for again, and the group takes that for another. If its place is taken again within this time there are two of the name.
const TAKEN_AGAIN: Duration = Duration::from_secs(20);

/// Why the source cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum KafkaSourceError {
    /// The consumer could not be set up.
    #[error("kafka consumer cannot be set up")]
    Setup {
        /// Why.
        #[source]
        source: Box<BrokerError>,
    },
    /// The topic could not be subscribed to.
    #[error("topic {topic} cannot be subscribed to")]
    Subscribe {
        /// Which one.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// Somebody else has taken this member's place.
    #[error(
        "another instance is in the group under the name of this one; give each a kafka.instance of its own, or start this one \
         again if the other has ended"
    )]
    Replaced {
        /// What the broker says.
        #[source]
        source: KafkaError,
    },
    /// The client library gave up for good.
    #[error("kafka consumer failed for good; restart it")]
    Fatal {
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// The client library cannot stop or go on fetching.
    #[error("topic {topic} cannot be held back")]
    HoldBack {
        /// Which one.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// Offsets could not be handed to the client library.
    #[error("offsets of topic {topic} cannot be committed")]
    Commit {
        /// Of which topic.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
}

/// A member of the consumer group that reads the waveforms, or of the one that reads the requests for readings.
///
/// To be ended by [`KafkaSource::close`]: the group keeps the partitions of one that is dropped until it misses it. Dropping blocks the
/// thread until the client library has ended.
pub struct KafkaSource {
    config: ClientConfig,
    consumer: StreamConsumer<GroupContext>,
    /// Word of partitions that come and go, in order. Unbounded, but written only while a message is asked for
    /// and emptied before the next one is: it never holds more than one rebalance.
    changes: mpsc::UnboundedReceiver<KafkaArrival>,
    /// A message that arrived together with word of its partition.
    waiting: Option<KafkaArrival>,
    topic: String,
    read: fn(&BorrowedMessage<'_>, Option<&Pseudonyms>) -> KafkaArrival,
    pseudonyms: Option<Pseudonyms>,
    is_held_back: bool,
    /// When another has taken the place of this member.
    replaced: Option<Instant>,
    session_timeout: Duration,
}

impl KafkaSource {
    /// Joins the group that reads the waveforms. It connects on its own, now or as soon as the broker is there. Needs a
    /// running `tokio` runtime.
    pub fn new(settings: &KafkaSettings) -> Result<KafkaSource, KafkaSourceError> {
        KafkaSource::join(settings, &settings.group, &settings.topics.waveforms, "false", KafkaArrival::chunk)
    }

    /// Streams of waveforms get these pseudonyms, if any; nothing that arrives holds their names any more.
    #[must_use]
    pub fn under(self, pseudonyms: Option<Pseudonyms>) -> KafkaSource {
        KafkaSource { pseudonyms, ..self }
    }

    /// As [`KafkaSource::new`], the group that reads the requests for readings.
    pub fn of_requests(settings: &KafkaSettings) -> Result<KafkaSource, KafkaSourceError> {
        let group = settings.readers_group();
        KafkaSource::join(settings, &group, &settings.topics.reading_requests, "true", KafkaArrival::request)
    }

    fn join(
        settings: &KafkaSettings,
        group: &str,
        topic: &str,
        tells_ends: &str,
        read: fn(&BorrowedMessage<'_>, Option<&Pseudonyms>) -> KafkaArrival,
    ) -> Result<KafkaSource, KafkaSourceError> {
        let setup = |source| KafkaSourceError::Setup { source: Box::new(source) };
        // Without a name the group would keep the place of a member that an outage has cut off, until it is missed. One that is drawn
        // lives as long as this source.
        let drawn = format!("drawn-{}", Uuid::new_v4());
        let fixed = [
            ("group.id", group),
            ("group.instance.id", settings.instance.as_deref().unwrap_or(&drawn)),
            ("auto.offset.reset", settings.offset_reset.property()),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", tells_ends),
        ];
        let config = client_config(settings, &DEFAULTS, &fixed).map_err(setup)?;
        let session_timeout_ms = config.get(SESSION_TIMEOUT).and_then(|value| value.parse().ok());
        // A value that is no number is refused by the client library.
        let session_timeout = Duration::from_millis(session_timeout_ms.unwrap_or_default());
        let (context, changes) = GroupContext::new();
        let consumer = member(&config, context, topic)?;
        Ok(KafkaSource {
            config,
            consumer,
            changes,
            waiting: None,
            topic: topic.to_owned(),
            read,
            pseudonyms: None,
            is_held_back: false,
            replaced: None,
            session_timeout,
        })
    }

    /// A member that gives no sign of life for so long has lost its partitions.
    pub fn session_timeout(&self) -> Duration {
        self.session_timeout
    }

    /// The next arrival, in the order of its partition. Waits for as long as it takes: lost connections are logged
    /// and tried again; an error means that the source is of no more use.
    ///
    /// Must be asked again and again (`max.poll.interval.ms`, a minute by default), else the group takes this member for stuck.
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<KafkaArrival, KafkaSourceError> {
        loop {
            if let Ok(change) = self.changes.try_recv() {
                if self.is_held_back {
                    self.fetch(false)?;
                }
                return Ok(change);
            }
            if let Some(arrival) = self.waiting.take() {
                return Ok(arrival);
            }
            tokio::select! {
                biased;
                Some(change) = self.changes.recv() => {
                    if self.is_held_back {
                        self.fetch(false)?;
                    }
                    return Ok(change);
                }
                received = self.consumer.recv() => {
                    let arrival = arrival_of(received, |message| (self.read)(message, self.pseudonyms.as_ref()));
                    self.waits(arrival)?;
                }
            }
        }
    }

    /// An arrival waits until it is asked for. The end of a membership is word of partitions that go.
    fn waits(&mut self, arrival: Result<Option<KafkaArrival>, KafkaSourceError>) -> Result<(), KafkaSourceError> {
        match arrival {
            Err(error @ KafkaSourceError::Replaced { .. }) => {
                if self.replaced.is_some_and(|before| before.elapsed() < TAKEN_AGAIN) {
                    return Err(error);
                }
                self.replaced = Some(Instant::now());
                tracing::warn!(
                    "another instance is in the group under the name of this one, or was taken for it: joining anew"
                );
                self.join_anew()
            }
            arrival => {
                self.waiting = arrival?;
                Ok(())
            }
        }
    }

    /// Joins as a new member. All partitions of the old one are gone.
    fn join_anew(&mut self) -> Result<(), KafkaSourceError> {
        let (context, changes) = GroupContext::new();
        while let Ok(change) = self.changes.try_recv() {
            context.tell(change);
        }
        self.consumer.context().lose_all().into_iter().for_each(|revoked| context.tell(revoked));
        let old = std::mem::replace(&mut self.consumer, member(&self.config, context, &self.topic)?);
        self.changes = changes;
        // It takes a moment, and what it still has to say is of no interest.
        tokio::task::spawn_blocking(move || drop(old));
        Ok(())
    }

    /// The next arrival if it is there already and is a chunk that `joins`.
    pub async fn next_chunk_if(
        &mut self,
        joins: impl FnOnce(&Chunk, &Position) -> bool,
    ) -> Result<Option<(Chunk, Position)>, KafkaSourceError> {
        if self.waiting.is_none() && self.changes.is_empty() {
            tokio::select! {
                biased;
                received = self.consumer.recv() => {
                    let arrival = arrival_of(received, |message| (self.read)(message, self.pseudonyms.as_ref()));
                    self.waits(arrival)?;
                }
                () = std::future::ready(()) => {}
            }
        }
        // Word of its partition comes before a chunk.
        if !self.changes.is_empty() {
            return Ok(None);
        }
        let is_it = |waiting: &mut KafkaArrival| match waiting {
            KafkaArrival::Chunk { chunk, position } => joins(chunk, position),
            _ => false,
        };
        Ok(match self.waiting.take_if(is_it) {
            Some(KafkaArrival::Chunk { chunk, position }) => Some((chunk, position)),
            _ => None,
        })
    }

    /// Holds messages back, or lets them come again. Must be asked for the next arrival all the same: that is how the group
    /// sees that this member is alive. Partitions that come meanwhile are held back too.
    pub fn hold_back(&mut self, is_held_back: bool) -> Result<(), KafkaSourceError> {
        if self.is_held_back != is_held_back {
            self.fetch(!is_held_back)?;
            self.is_held_back = is_held_back;
            tracing::debug!(topic = self.topic, is_held_back, "fetching");
        }
        Ok(())
    }

    fn fetch(&self, goes_on: bool) -> Result<(), KafkaSourceError> {
        let hold_back = |source| KafkaSourceError::HoldBack { topic: self.topic.clone(), source };
        let partitions = self.consumer.assignment().map_err(hold_back)?;
        let done = if goes_on { self.consumer.resume(&partitions) } else { self.consumer.pause(&partitions) };
        done.map_err(hold_back)
    }

    /// Commits, for each partition, where a successor should start and from where on it speaks.
    ///
    /// Does not wait. What the broker refuses is sent again with the next commit, and when the partition is taken away.
    /// Partitions that this member does not hold are left alone: they are somebody else's.
    pub fn commit(&self, resumes: &[Resume]) -> Result<(), KafkaSourceError> {
        let commit = |source| KafkaSourceError::Commit { topic: self.topic.clone(), source };
        let offsets = self.consumer.context().owe(&self.topic, resumes).map_err(commit)?;
        if offsets.count() == 0 {
            return Ok(());
        }
        self.consumer.commit(&offsets, CommitMode::Async).map_err(commit)
    }

    /// Notes up to where everything was said of a partition. It is committed with the next offset, and when the partition is
    /// taken away.
    pub fn said(&self, partition: i32, said_until: i64, read_until: i64) {
        self.consumer.context().said(partition, said_until, read_until);
    }

    /// Sends what is still to be committed and leaves the group.
    pub async fn close(mut self) {
        if timeout(LEAVE, self.leave()).await.is_err() {
            tracing::warn!("the group was not left: its members miss this instance after the session time-out");
        }
        // Fails only when the closure panics, and then there is nothing left to close.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }

    /// The client library takes the end of a member with a name for a pause: the group keeps its place (KIP-345). This one does
    /// not come back, so that the others are to have its partitions at once.
    async fn leave(&mut self) {
        self.consumer.unsubscribe();
        // Partitions are given up while messages are asked for, and those are for whoever has them next.
        while self.consumer.assignment().is_ok_and(|held| held.count() > 0) {
            let _ = timeout(TELL, self.consumer.recv()).await;
            // Messages that are there already must not outrun the time that there is for all of this.
            yield_now().await;
        }
        tokio::time::sleep(TELL).await;
    }
}

/// A new member of the group that the configuration names.
fn member(
    config: &ClientConfig,
    context: GroupContext,
    topic: &str,
) -> Result<StreamConsumer<GroupContext>, KafkaSourceError> {
    let consumer: StreamConsumer<GroupContext> = StreamConsumer::from_config_and_context(config, context)
        .map_err(|source| KafkaSourceError::Setup { source: Box::new(BrokerError::client(source)) })?;
    consumer.subscribe(&[topic]).map_err(|source| KafkaSourceError::Subscribe { topic: topic.to_owned(), source })?;
    Ok(consumer)
}

/// What has arrived with what the client library gives, if anything.
fn arrival_of(
    received: Result<BorrowedMessage<'_>, KafkaError>,
    read: impl FnOnce(&BorrowedMessage<'_>) -> KafkaArrival,
) -> Result<Option<KafkaArrival>, KafkaSourceError> {
    match received {
        Ok(message) => Ok(Some(read(&message))),
        Err(source @ KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId)) => {
            Err(KafkaSourceError::Replaced { source })
        }
        Err(source @ KafkaError::MessageConsumptionFatal(_)) => Err(KafkaSourceError::Fatal { source }),
        Err(KafkaError::PartitionEOF(partition)) => Ok(Some(KafkaArrival::CaughtUp { partition })),
        // The client library tries again by itself, and has told the context, which logs it.
        Err(_) => Ok(None),
    }
}
