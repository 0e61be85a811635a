//! The topic `ecg.commands`, read whole by every instance.
//!
//! In come all messages of all partitions from the oldest on, out come [`CommandArrival`]s and word that everything that
//! stood there at the start was read. Nothing is committed: who starts anew reads anew. So the topic is best compacted,
//! with the stream id as key of limits and the alert id as key of acknowledgements.

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

use super::{KafkaSourceError, Position};
use crate::broker::{BrokerError, KafkaSettings, LogToTracing, client_config};

/// How long one question for the partitions may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before the partitions are asked for again: a topic that is missing may be made, and may grow.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandArrival {
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

/// Starts to read the commands, in a task of its own until the receiver is dropped. Needs a running `tokio` runtime.
///
/// What goes wrong is logged and tried again: alarms do not wait for commands. After a failure everything may come anew.
pub fn read_commands(settings: &KafkaSettings) -> Result<mpsc::Receiver<CommandArrival>, KafkaSourceError> {
    let mut source = CommandSource::new(settings)?;
    let settings = settings.clone();
    // Whoever follows the commands is quicker than those who write them.
    let (arrived, arrivals) = mpsc::channel(64);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = arrived.closed() => return,
                ended = source.read_all(&arrived) => match ended {
                    Ok(()) => return,
                    Err(error) => tracing::error!(%error, "commands are not read for a while"),
                },
            }
            tokio::time::sleep(ASK_AGAIN).await;
            match CommandSource::new(&settings) {
                Ok(again) => source = again,
                Err(error) => tracing::error!(%error, "commands are not read for a while"),
            }
        }
    });
    Ok(arrivals)
}

/// Reads the commands.
struct CommandSource {
    consumer: Arc<StreamConsumer<LogToTracing>>,
    topic: String,
    /// The partitions that are read.
    partitions: BTreeSet<i32>,
    /// Those among them whose end was not reached yet.
    behind: BTreeSet<i32>,
    told: bool,
    ask_again: Instant,
}

impl CommandSource {
    /// Connects on its own, now or as soon as the broker is there.
    fn new(settings: &KafkaSettings) -> Result<CommandSource, KafkaSourceError> {
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
        Ok(CommandSource {
            consumer: Arc::new(consumer),
            topic: settings.topics.commands.clone(),
            partitions: BTreeSet::new(),
            behind: BTreeSet::new(),
            told: false,
            ask_again: Instant::now(),
        })
    }

    /// Hands on what arrives until nobody listens or the client library gives up for good.
    async fn read_all(&mut self, arrived: &mpsc::Sender<CommandArrival>) -> Result<(), KafkaSourceError> {
        loop {
            if self.ask_again <= Instant::now() {
                self.ask().await?;
            }
            if self.behind.is_empty() && !self.told {
                self.told = true;
                if arrived.send(CommandArrival::CaughtUp).await.is_err() {
                    return Ok(());
                }
            }
            tokio::select! {
                () = tokio::time::sleep_until(self.ask_again) => {}
                received = self.consumer.recv() => match received {
                    Ok(message) => {
                        let (partition, offset) = (message.partition(), message.offset());
                        let bytes = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
                        let message = CommandArrival::Message {
                            position: Position { topic: self.topic.clone(), partition, offset },
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

    /// Asks for the partitions, and reads new ones from their beginning.
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
                tracing::warn!(%error, topic = self.topic, "the partitions of the commands are not known yet");
                return Ok(());
            }
        };
        let mut new = TopicPartitionList::new();
        let subscribe = |source| KafkaSourceError::Subscribe { topic: self.topic.clone(), source };
        for partition in partitions {
            if self.partitions.insert(partition) {
                self.behind.insert(partition);
                new.add_partition_offset(&self.topic, partition, Offset::Beginning).map_err(subscribe)?;
            }
        }
        if self.partitions.is_empty() {
            tracing::warn!(topic = self.topic, "no such topic: no acknowledgement and no limits of single beds arrive");
        }
        if new.count() > 0 {
            self.consumer.incremental_assign(&new).map_err(subscribe)?;
        }
        Ok(())
    }
}
