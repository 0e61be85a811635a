//! What the tests put on the topics and take off them, past the code under test.

use std::time::Duration;

use gemwatch::broker::{EmbeddedBroker, KafkaSettings, Topics};
use gemwatch::ecg::{Chunk, ChunkLead, INVALID_SAMPLE, Lead, StreamId, Time};
use gemwatch::source::kafka::{KafkaArrival, KafkaSource};
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{Headers, Message};
use rdkafka::producer::{FutureProducer, FutureRecord};

/// Far more than anything here takes.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Settings with topics and a group of the test's own.
pub fn settings(bootstrap_servers: &str, test: &str) -> KafkaSettings {
    KafkaSettings {
        brokers: bootstrap_servers.to_owned(),
        group: format!("group-of-{test}"),
        topics: Topics {
            waveforms: format!("{test}.waveforms"),
            alerts: format!("{test}.alerts"),
            alert_state: format!("{test}.alert-state"),
            vitals: format!("{test}.vitals"),
            heartbeats: format!("{test}.heartbeats"),
            readings: format!("{test}.readings"),
            commands: format!("{test}.commands"),
            reading_requests: format!("{test}.reading-requests"),
            dead_letters: format!("{test}.dead-letters"),
        },
        ..KafkaSettings::default()
    }
}

/// An embedded broker with the topics of the settings that come with it.
pub fn embedded(test: &str, partitions: i32) -> (EmbeddedBroker, KafkaSettings) {
    let mut settings = settings("", test);
    let broker = EmbeddedBroker::start(&settings.topics, partitions).unwrap();
    broker.bootstrap_servers().clone_into(&mut settings.brokers);
    (broker, settings)
}

/// 100 ms of two leads that differ from chunk to chunk.
pub fn chunk(stream_id: &str, sequence: u64) -> Chunk {
    let samples = |lead: i32| {
        let mut samples: Vec<i32> = (0..50).map(|i| (i * 37 + lead * 11 + sequence as i32 * 5) % 700 - 350).collect();
        samples[7] = INVALID_SAMPLE;
        samples
    };
    let lead = |lead, number| ChunkLead { lead, gain_uv: 2.5, offset: -3, off: false, samples: samples(number) };
    Chunk {
        stream_id: StreamId::new(stream_id).unwrap(),
        sequence,
        start: Time::from_nanos(sequence as i64 * 100_000_000),
        rate_hz: 500.0,
        leads: vec![lead(Lead::II, 1), lead(Lead::Other("MCL".into()), 2)],
        pacer_marks: vec![sequence as u32 % 50],
    }
}

/// A monitor: sends bytes and waits until the broker has them.
pub struct Monitor(FutureProducer);

impl Monitor {
    pub fn new(settings: &KafkaSettings) -> Monitor {
        Monitor(ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap())
    }

    pub async fn send(&self, topic: &str, partition: i32, key: Option<&str>, value: Option<&[u8]>) {
        let mut record = FutureRecord::<str, [u8]>::to(topic).partition(partition);
        record.key = key;
        record.payload = value;
        self.0.send(record, PATIENCE).await.unwrap();
    }

    pub async fn send_chunk(&self, topic: &str, partition: i32, chunk: &Chunk) {
        let bytes = gemwatch::wire::waveform::encode(chunk);
        self.send(topic, partition, Some(chunk.stream_id.as_str()), Some(&bytes)).await;
    }
}

/// The next arrival, in bounded time. How the client library sees the cluster is passed over.
pub async fn next(source: &mut KafkaSource) -> KafkaArrival {
    loop {
        match tokio::time::timeout(PATIENCE, source.next()).await.expect("something arrives").unwrap() {
            KafkaArrival::Outlook(_) => {}
            arrival => return arrival,
        }
    }
}

/// The next chunk and its partition and offset; word of partitions is passed over.
pub async fn next_chunk(source: &mut KafkaSource) -> (Chunk, i32, i64) {
    loop {
        match next(source).await {
            KafkaArrival::Chunk { chunk, position } => return (chunk, position.partition, position.offset),
            KafkaArrival::Rejected(rejected) => panic!("{rejected:?}"),
            KafkaArrival::Request { message, .. } => panic!("{message:?}"),
            KafkaArrival::Assigned { .. }
            | KafkaArrival::Revoked { .. }
            | KafkaArrival::CaughtUp { .. }
            | KafkaArrival::Outlook(_) => {}
        }
    }
}

/// A message as anybody would read it.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, String)>,
}

/// The first messages of a topic.
pub async fn read(settings: &KafkaSettings, topic: &str, count: usize) -> Vec<Read> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("group.id", format!("reader-of-{topic}"))
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let mut messages = Vec::new();
    while messages.len() < count {
        let message = tokio::time::timeout(PATIENCE, consumer.recv()).await.expect("something arrives").unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let headers = message.headers().map(|headers| {
            headers.iter().map(|header| (header.key.to_owned(), text(header.value.unwrap_or_default()))).collect()
        });
        messages.push(Read {
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().unwrap_or_default().to_vec(),
            headers: headers.unwrap_or_default(),
        });
    }
    messages
}
