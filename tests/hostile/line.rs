//! Hostile messages on a real line: what comes of each is read as anybody outside would.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};

use gemwatch::broker::KafkaSettings;
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};

use super::kind::{Outcome, Sent};
use crate::line::{PATIENCE, Read};
use crate::program::page;

/// Sends whatever it is given.
pub struct Hostile(FutureProducer);

/// A message that was sent, and where it stands.
#[derive(Debug)]
pub struct Placed {
    pub kind: &'static str,
    pub outcome: Outcome,
    pub sent: Sent,
    pub topic: String,
    pub offset: i64,
}

impl Hostile {
    pub fn new(settings: &KafkaSettings) -> Hostile {
        let mut config = ClientConfig::new();
        // As much as a broker takes.
        config.set("bootstrap.servers", &settings.brokers).set("message.max.bytes", "1048588");
        Hostile(config.create().unwrap())
    }

    /// Sends a message to the first partition of a topic; gives its offset.
    pub async fn send(&self, topic: &str, sent: &Sent) -> i64 {
        let mut record = FutureRecord::<[u8], [u8]>::to(topic).partition(0);
        record.key = sent.key.as_deref();
        record.payload = sent.value.as_deref();
        self.0.send(record, PATIENCE).await.unwrap().offset
    }

    /// Sends all messages of a kind.
    pub async fn send_all(
        &self,
        topic: &str,
        kind: &'static str,
        outcome: Outcome,
        all: Vec<Sent>,
        placed: &mut Vec<Placed>,
    ) {
        for sent in all {
            let offset = self.send(topic, &sent).await;
            placed.push(Placed { kind, outcome, sent, topic: topic.to_owned(), offset });
        }
    }
}

/// How many of these messages must become dead letters.
pub fn dead(placed: &[Placed]) -> usize {
    placed.iter().filter(|placed| matches!(placed.fate(), Outcome::DeadLetter(_) | Outcome::BareLetter(_))).count()
}

impl Placed {
    /// What must become of this very message.
    pub fn fate(&self) -> Outcome {
        if self.sent.is_honest { Outcome::Used("it is honest") } else { self.outcome }
    }
}

/// Each that must be a dead letter is one, as it came and with the reason, and no other.
pub fn check_dead_letters(placed: &[Placed], letters: &[Read]) {
    let header = |letter: &Read, name: &str| {
        letter.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let mut by_place: BTreeMap<(String, i64), &Read> = BTreeMap::new();
    for letter in letters {
        assert_eq!(header(letter, "partition"), "0");
        let place = (header(letter, "topic"), header(letter, "offset").parse().unwrap());
        assert!(by_place.insert(place, letter).is_none(), "twice: {:?}", letter.headers);
    }
    for message in placed {
        let letter = by_place.remove(&(message.topic.clone(), message.offset));
        let (words, is_bare) = match message.fate() {
            Outcome::DeadLetter(words) => (words, false),
            Outcome::BareLetter(words) => (words, true),
            _ => {
                assert!(letter.is_none(), "{}: {:?}", message.kind, letter.map(|letter| &letter.headers));
                continue;
            }
        };
        let letter = letter.unwrap_or_else(|| panic!("{}: no dead letter", message.kind));
        let reason = header(letter, "reason");
        assert!(reason.contains(words), "{}: {reason:?} lacks {words:?}", message.kind);
        assert!(reason.len() <= 1000, "{}: a reason of {} bytes", message.kind, reason.len());
        let Sent { key, value, .. } = &message.sent;
        let bytes = [key, value].into_iter().flatten().map(Vec::len).sum::<usize>();
        if is_bare {
            assert_eq!(header(letter, "left_out"), format!("{bytes} bytes of key and value"), "{}", message.kind);
            assert!(letter.key.is_none() && letter.value.is_empty(), "{}", message.kind);
            continue;
        }
        assert_eq!(letter.key, message.sent.key, "{}", message.kind);
        assert!(letter.value == message.sent.value.clone().unwrap_or_default(), "{}: other bytes", message.kind);
    }
    assert!(by_place.is_empty(), "{by_place:?}");
}

/// An address where nobody listens yet.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The sum of all samples of a metric whose attributes have these words.
pub async fn metric(address: SocketAddr, name: &str, attribute: &str) -> u64 {
    let metrics = page(format!("http://{address}/metrics"), |status, _| status == 200).await;
    let lines = metrics.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])) && line.contains(attribute)
    });
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as u64).sum()
}

/// The most memory that a process had, in MiB; none where the system does not say.
pub fn most_memory_mib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024)
}
