//! A topic that every instance reads whole: `ecg.commands`, `ecg.alert-state`; and one that a board follows from now on.
//!
//! In come all messages of all partitions from the oldest or the next one on, out come [`WholeArrival`]s and word that everything that
//! stood there at the start was read. Nothing is committed: who starts anew reads anew. So the topic is best compacted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::arrival::position;
use super::{KafkaSourceError, Position};
use crate::broker::{BrokerError, KafkaSettings, LogToTracing, client_config};

/// How long one question for the partitions may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before the partitions are asked for again: a topic that is missing may be made, and may grow.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WholeArrival {
    /// A message.
    Message {
        /// Where it stood.
        position: Position,
        /// Its key.
        key: Option<Vec<u8>>,
        /// Its value; none for one that takes back what stood under this key.
        value: Option<Vec<u8>>,
    },
    /// All that stood there at the start was read, or there is no such topic yet.
    CaughtUp,
}

/// Starts to read a topic, in a task of its own until the receiver is dropped. Needs a running `tokio` runtime.
///
/// What goes wrong is logged and tried again: alarms do not wait for it. After a failure everything may come anew.
pub fn read_whole(settings: &KafkaSettings, topic: &str) -> Result<mpsc::Receiver<WholeArrival>, KafkaSourceError> {
    read_from(Offset::Beginning, settings, topic)
}

/// As [`read_whole`], only what comes from now on.
pub fn read_from_now(settings: &KafkaSettings, topic: &str) -> Result<mpsc::Receiver<WholeArrival>, KafkaSourceError> {
    read_from(Offset::End, settings, topic)
}

fn read_from(
    from: Offset,
    settings: &KafkaSettings,
    topic: &str,
) -> Result<mpsc::Receiver<WholeArrival>, KafkaSourceError> {
    let mut source = WholeSource::new(from, settings, topic)?;
    let (settings, topic) = (settings.clone(), topic.to_owned());
    // Whoever follows the topic is quicker than those who write it.
    let (arrived, arrivals) = mpsc::channel(64);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = arrived.closed() => return,
                ended = source.read_all(&arrived) => match ended {
                    Ok(()) => return,
                    Err(error) => tracing::error!(%error, topic, "not read for a while"),
                },
            }
            tokio::time::sleep(ASK_AGAIN).await;
            match WholeSource::new(from, &settings, &topic) {
                Ok(again) => source = again,
                Err(error) => tracing::error!(%error, topic, "not read for a while"),
            }
        }
    });
    Ok(arrivals)
}

/// Reads the topic.
struct WholeSource {
    consumer: Arc<StreamConsumer<LogToTracing>>,
    topic: String,
    /// Where to begin.
    from: Offset,
    /// The partitions that are read.
    partitions: BTreeSet<i32>,
    /// Those among them whose end was not reached yet.
    behind: BTreeSet<i32>,
    told: bool,
    ask_again: Instant,
}

impl WholeSource {
    /// Connects on its own, now or as soon as the broker is there.
    fn new(from: Offset, settings: &KafkaSettings, topic: &str) -> Result<WholeSource, KafkaSourceError> {
        let setup = |source| KafkaSourceError::Setup { source: Box::new(source) };
        // The client library wants the name of a group; nothing is joined and nothing committed.
        let fixed = [
            ("group.id", settings.group.as_str()),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "earliest"),
        ];
        let config = client_config(settings, &[], &fixed).map_err(setup)?;
        let consumer = StreamConsumer::from_config_and_context(&config, LogToTracing)
            .map_err(|source| setup(BrokerError::client(source)))?;
        Ok(WholeSource {
            consumer: Arc::new(consumer),
            topic: topic.to_owned(),
            from,
            partitions: BTreeSet::new(),
            behind: BTreeSet::new(),
            told: false,
            ask_again: Instant::now(),
        })
    }

    /// Hands on what arrives until nobody listens or the client library gives up for good.
    async fn read_all(&mut self, arrived: &mpsc::Sender<WholeArrival>) -> Result<(), KafkaSourceError> {
        loop {
            if self.ask_again <= Instant::now() {
                self.ask().await?;
            }
            if self.behind.is_empty() && !self.told {
                self.told = true;
                if arrived.send(WholeArrival::CaughtUp).await.is_err() {
                    return Ok(());
                }
            }
            tokio::select! {
                () = tokio::time::sleep_until(self.ask_again) => {}
                received = self.consumer.recv() => match received {
                    Ok(message) => {
                        let bytes = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
                        let message = WholeArrival::Message {
                            position: position(&message),
                            key: bytes(message.key()),
                            value: bytes(message.payload()),
                        };
                        if arrived.send(message).await.is_err() {
                            return Ok(());
                        }
                    }
                    Err(KafkaError::PartitionEOF(partition)) => {
                        self.behind.remove(&partition);
                    }
                    Err(source @ KafkaError::MessageConsumptionFatal(_)) => {
                        return Err(KafkaSourceError::Fatal { source });
                    }
                    // The client library tries again by itself, and has told the context, which logs it.
                    Err(_) => {}
                },
            }
        }
    }

    /// Asks for the partitions, and begins with new ones.
    async fn ask(&mut self) -> Result<(), KafkaSourceError> {
        self.ask_again = Instant::now() + ASK_AGAIN;
        let (consumer, topic) = (Arc::clone(&self.consumer), self.topic.clone());
        let answer = tokio::task::spawn_blocking(move || {
            let metadata = consumer.fetch_metadata(Some(&topic), PATIENCE)?;
            let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
            Ok::<Vec<i32>, KafkaError>(partitions.map(MetadataPartition::id).collect())
        });
        let partitions = match answer.await.expect("asking the broker does not panic (this is a bug)") {
            Ok(partitions) => partitions,
            Err(error) => {
                tracing::warn!(%error, topic = self.topic, "its partitions are not known yet");
                return Ok(());
            }
        };
        // One that is added later has nothing in it that was there before.
        let from = if self.told { Offset::Beginning } else { self.from };
        let mut new = TopicPartitionList::new();
        let subscribe = |source| KafkaSourceError::Subscribe { topic: self.topic.clone(), source };
        for partition in partitions {
            if self.partitions.insert(partition) {
                self.behind.insert(partition);
                new.add_partition_offset(&self.topic, partition, from).map_err(subscribe)?;
            }
        }
        if self.partitions.is_empty() {
            tracing::warn!(topic = self.topic, "no such topic: nothing is heard from it until there is");
        }
        if new.count() > 0 {
            self.consumer.incremental_assign(&new).map_err(subscribe)?;
        }
        Ok(())
    }
}
