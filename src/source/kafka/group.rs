//! Membership in the consumer group: which partitions are ours, and what is still to be committed for them.
//!
//! The client library calls in when the group moves partitions; what it says goes out as [`KafkaArrival`]s.
//! What the broker has not confirmed is committed again before a partition is given away: the library holds the
//! partition back until the answer is there. With each offset stands from where on a successor speaks ([`Resume`]), as the
//! metadata of the commit; it is asked for when a partition is given to us.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use tokio::sync::mpsc;

use super::{KafkaArrival, Outlook, Resume};
use crate::broker::{LogToTracing, log_to_tracing};

/// How long the broker may take to say what was committed. Without its answer a partition is taken over all the same, and what
/// was said of its latest messages is said again.
const COMMITTED_PATIENCE: Duration = Duration::from_secs(3);

/// What the client library calls into.
pub(super) struct GroupContext {
    changes: mpsc::UnboundedSender<KafkaArrival>,
    /// Our partitions. Shared with the library's callbacks, which run while the source asks for a message.
    held: Mutex<BTreeMap<i32, Held>>,
}

/// How far a partition of ours is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    /// What should be committed.
    owed: Option<Resume>,
    /// What the broker confirmed.
    confirmed: Option<Resume>,
}

impl Resume {
    /// As the metadata of a commit.
    fn metadata(&self) -> String {
        format!("said_until={} read_until={}", self.said_until, self.read_until)
    }

    /// What a commit says. Without metadata of ours everything from the offset on is to be said.
    fn committed(partition: i32, offset: i64, metadata: &str) -> Resume {
        let number = |name: &str| {
            let words = metadata.split(' ').filter_map(|word| word.split_once('='));
            let value = words.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse().ok());
            value.unwrap_or(offset).max(offset)
        };
        let said_until = number("said_until");
        Resume { partition, offset, said_until, read_until: number("read_until").min(said_until) }
    }
}

impl GroupContext {
    pub(super) fn new() -> (GroupContext, mpsc::UnboundedReceiver<KafkaArrival>) {
        let (changes, received) = mpsc::unbounded_channel();
        (GroupContext { changes, held: Mutex::default() }, received)
    }

    /// Notes what to commit, and returns all of `topic` that the broker has not confirmed.
    pub(super) fn owe(&self, topic: &str, resumes: &[Resume]) -> KafkaResult<TopicPartitionList> {
        let mut held = self.held();
        for resume in resumes {
            if let Some(held) = held.get_mut(&resume.partition) {
                held.owed = Some(*resume);
            } else {
                tracing::debug!(topic, ?resume, "not committed: the partition is not ours");
            }
        }
        unconfirmed(topic, held.iter())
    }

    /// Notes up to where everything was said, for the last commit before the partition is given away.
    pub(super) fn said(&self, partition: i32, said_until: i64, read_until: i64) {
        if let Some(owed) = self.held().get_mut(&partition).and_then(|held| held.owed.as_mut()) {
            owed.said_until = said_until.max(owed.offset);
            owed.read_until = read_until.max(owed.offset);
        }
    }

    /// Word of partitions, as if the client library had it.
    pub(super) fn tell(&self, change: KafkaArrival) {
        // Nobody listens any more while the source is being closed.
        let _ = self.changes.send(change);
    }

    /// Nothing is ours any more; word of it, if anything was.
    pub(super) fn lose_all(&self) -> Option<KafkaArrival> {
        let partitions: Vec<i32> = std::mem::take(&mut *self.held()).into_keys().collect();
        (!partitions.is_empty()).then_some(KafkaArrival::Revoked { partitions })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<i32, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assigned(&self, consumer: &BaseConsumer<GroupContext>, list: &TopicPartitionList) {
        let partitions = partitions(list);
        tracing::info!(?partitions, "partitions assigned");
        self.held().extend(partitions.iter().map(|partition| (*partition, Held::default())));
        let committed = match consumer.committed_offsets(list.clone(), COMMITTED_PATIENCE) {
            Ok(committed) => committed.elements().iter().filter_map(committed_of).collect(),
            Err(error) => {
                tracing::warn!(%error, "what was said of these partitions is not known: some of it is said again");
                Vec::new()
            }
        };
        self.tell(KafkaArrival::Assigned { partitions, committed });
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
        self.tell(KafkaArrival::Revoked { partitions });
    }
}

fn committed_of(element: &TopicPartitionListElem<'_>) -> Option<Resume> {
    let Offset::Offset(offset) = element.offset() else { return None };
    Some(Resume::committed(element.partition(), offset, element.metadata()))
}

fn partitions(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(TopicPartitionListElem::partition).collect()
}

fn unconfirmed<'a>(topic: &str, held: impl Iterator<Item = (&'a i32, &'a Held)>) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, held) in held {
        if let Some(owed) = held.owed.filter(|_| held.owed != held.confirmed) {
            let mut element = list.add_partition(topic, *partition);
            element.set_offset(Offset::Offset(owed.offset))?;
            element.set_metadata(owed.metadata());
        }
    }
    Ok(list)
}

/// What of the library's statistics concerns us.
fn outlook(statistics: &Statistics, held: &BTreeMap<i32, Held>) -> Outlook {
    // Of the names it was given in the settings it makes brokers of their own, with a negative number.
    let is_up = |broker: &rdkafka::statistics::Broker| broker.nodeid >= 0 && broker.state == "UP";
    let partitions = statistics.topics.values().flat_map(|topic| &topic.partitions);
    let ours = partitions.filter(|(partition, _)| held.contains_key(partition));
    let lag = ours.filter_map(|(partition, known)| Some((*partition, u64::try_from(known.consumer_lag).ok()?)));
    Outlook { brokers_up: statistics.brokers.values().filter(|broker| is_up(broker)).count(), lag: lag.collect() }
}

impl ClientContext for GroupContext {
    fn stats(&self, statistics: Statistics) {
        let outlook = outlook(&statistics, &self.held());
        self.tell(KafkaArrival::Outlook(outlook));
    }

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
            Rebalance::Assign(list) => self.assigned(consumer, list),
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
                (Ok(()), Ok(()), Offset::Offset(_)) => {
                    if let Some(held) = held.get_mut(&element.partition()) {
                        held.confirmed = committed_of(&element);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_committed_is_read_again() {
        let resume = Resume { partition: 3, offset: 10, said_until: 42, read_until: 40 };
        assert_eq!(Resume::committed(3, 10, &resume.metadata()), resume);
    }

    #[test]
    fn metadata_of_others_is_no_reason_to_be_silent() {
        let from_the_offset = Resume { partition: 0, offset: 10, said_until: 10, read_until: 10 };
        for metadata in ["", "x", "said_until=", "said_until=x read_until=y", "said_until=9 read_until=-1"] {
            assert_eq!(Resume::committed(0, 10, metadata), from_the_offset, "{metadata}");
        }
        assert_eq!(Resume::committed(0, 10, "said_until=12 read_until=99").read_until, 12);
    }
}
