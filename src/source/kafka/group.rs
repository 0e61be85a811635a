//! Membership in the consumer group: which partitions are ours, and what is still to be committed for them.
//!
//! The client library calls in when the group moves partitions; what it says goes out as [`KafkaArrival`]s.
//! What the broker has not confirmed is committed again before a partition is given away: the library holds the
//! partition back until the answer is there.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use tokio::sync::mpsc;

use super::KafkaArrival;
use crate::broker::{LogToTracing, log_to_tracing};

/// What the client library calls into.
pub(super) struct GroupContext {
    changes: mpsc::UnboundedSender<KafkaArrival>,
    /// Our partitions. Shared with the library's callbacks, which run while the source asks for a message.
    held: Mutex<BTreeMap<i32, Held>>,
}

/// How far a partition of ours is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    /// The offset that should be committed.
    owed: Option<i64>,
    /// The offset that the broker confirmed.
    confirmed: Option<i64>,
}

impl GroupContext {
    pub(super) fn new() -> (GroupContext, mpsc::UnboundedReceiver<KafkaArrival>) {
        let (changes, received) = mpsc::unbounded_channel();
        (GroupContext { changes, held: Mutex::default() }, received)
    }

    /// Notes offsets to commit, and returns all of `topic` that the broker has not confirmed.
    pub(super) fn owe(&self, topic: &str, next_offsets: &[(i32, i64)]) -> KafkaResult<TopicPartitionList> {
        let mut held = self.held();
        for (partition, offset) in next_offsets {
            if let Some(held) = held.get_mut(partition) {
                held.owed = Some(*offset);
            } else {
                tracing::debug!(topic, partition, offset, "not committed: the partition is not ours");
            }
        }
        unconfirmed(topic, held.iter())
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<i32, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assigned(&self, list: &TopicPartitionList) {
        let partitions = partitions(list);
        tracing::info!(?partitions, "partitions assigned");
        self.held().extend(partitions.iter().map(|partition| (*partition, Held::default())));
        // Nobody listens any more while the source is being closed.
        let _ = self.changes.send(KafkaArrival::Assigned { partitions });
    }

    fn revoked(&self, consumer: &BaseConsumer<GroupContext>, list: &TopicPartitionList) {
        let partitions = partitions(list);
        let lost = consumer.assignment_lost();
        tracing::info!(?partitions, lost, "partitions revoked");
        let mut held = self.held();
        let given_away: Vec<(i32, Held)> =
            partitions.iter().filter_map(|partition| held.remove_entry(partition)).collect();
        drop(held);
        // A lost partition has a new owner already, whose commits must not be set back.
        if let Some(element) = list.elements().first().filter(|_| !lost) {
            let committed = unconfirmed(element.topic(), given_away.iter().map(|(partition, held)| (partition, held)))
                .and_then(|offsets| match offsets.count() {
                    0 => Ok(()),
                    _ => consumer.commit(&offsets, CommitMode::Async),
                });
            if let Err(error) = committed {
                tracing::warn!(%error, "last commit before revocation failed: the next owner will read some chunks again");
            }
        }
        let _ = self.changes.send(KafkaArrival::Revoked { partitions });
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(TopicPartitionListElem::partition).collect()
}

fn unconfirmed<'a>(topic: &str, held: impl Iterator<Item = (&'a i32, &'a Held)>) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, held) in held {
        if let Some(owed) = held.owed.filter(|_| held.owed != held.confirmed) {
            list.add_partition_offset(topic, *partition, Offset::Offset(owed))?;
        }
    }
    Ok(list)
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log_to_tracing(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        LogToTracing.error(error, reason);
    }
}

impl ConsumerContext for GroupContext {
    fn pre_rebalance(&self, consumer: &BaseConsumer<GroupContext>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => self.assigned(list),
            Rebalance::Revoke(list) => self.revoked(consumer, list),
            Rebalance::Error(error) => tracing::warn!(%error, "rebalance failed, trying again"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        if let Err(error) = &result {
            tracing::warn!(%error, "commit failed, trying again with the next one");
        }
        let mut held = self.held();
        for element in offsets.elements() {
            match (&result, element.error(), element.offset()) {
                (Ok(()), Ok(()), Offset::Offset(offset)) => {
                    if let Some(held) = held.get_mut(&element.partition()) {
                        held.confirmed = Some(offset);
                    }
                }
                (Ok(()), Err(error), _) => {
                    let partition = element.partition();
                    tracing::warn!(%error, partition, "commit failed, trying again with the next one");
                }
                _ => {}
            }
        }
    }
}
