//! The feed against a broker that speaks the real protocol in process.

use std::{
    collections::HashMap,
    future::{pending, ready},
    time::{Duration, Instant},
};

use prost::Message as _;
use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    message::Headers,
    mocking::MockCluster,
};
use simulators::{
    feed::{FeedError, FeedReport, FeedSettings, Speed, feed},
    line::LineFaults,
    monitor::Monitor,
    scenario::{Ward, ward},
    wire::{WaveformChunk, waveform_chunk},
};

const START_UNIX_NS: i64 = 1_700_000_000_000_000_000;

fn received(brokers: &str, topic: &str, messages: usize) -> Vec<(String, HashMap<String, String>, WaveformChunk)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "test")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let mut received = Vec::new();
    let give_up = Instant::now() + Duration::from_secs(30);
    while received.len() < messages {
        assert!(Instant::now() < give_up, "{} of {messages} messages within 30 s", received.len());
        // A poll that met only events of the group returns early without a message.
        let Some(message) = consumer.poll(Duration::from_secs(1)) else { continue };
        let message = message.unwrap();
        let headers = message
            .headers()
            .unwrap()
            .iter()
            .map(|header| (header.key.to_owned(), String::from_utf8(header.value.unwrap().to_vec()).unwrap()));
        let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
        received.push((key, headers.collect(), WaveformChunk::decode(message.payload().unwrap()).unwrap()));
    }
    received
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_chunk_arrives_once_in_order_and_says_what_it_is() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("ecg.waveforms", 3, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let ward = ward(3, 5);
    let settings = FeedSettings {
        speed: Speed::Max,
        duration: Some(Duration::from_secs(4)),
        ..FeedSettings::new(brokers.clone())
    };
    let report = feed(&ward, &settings, START_UNIX_NS, pending()).await.unwrap();
    assert_eq!(report.chunks, 3 * 40);
    let messages = tokio::task::spawn_blocking(move || received(&brokers, "ecg.waveforms", 120)).await.unwrap();
    for bed in &ward.beds {
        let mut monitor = Monitor::new(bed, Ward::DEFAULT_CHUNK_MS).unwrap();
        let of_bed: Vec<_> = messages.iter().filter(|(key, ..)| *key == bed.stream_id).collect();
        assert_eq!(of_bed.len(), 40);
        for (_, _, message) in &of_bed {
            assert_eq!(*message, waveform_chunk(&monitor.next_chunk(), START_UNIX_NS));
        }
        let headers = &of_bed[3].1;
        assert_eq!(headers["ce_specversion"], "1.0");
        assert_eq!(headers["ce_type"], "gemwatch.v1.WaveformChunk");
        assert_eq!(headers["ce_id"], format!("{}:3:1700000000300000000", bed.stream_id));
        assert_eq!(headers["ce_time"], "2023-11-14T22:13:20.3Z");
        assert_eq!(headers["content-type"], "application/protobuf");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_bad_line_loses_repeats_and_reorders_on_the_topic() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("ecg.waveforms", 1, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let mut ward = ward(2, 5);
    let bad = LineFaults { lost: 0.1, repeated: 0.1, reordered: 0.1, late: 0.01, late_s: 2.0, ..LineFaults::default() };
    ward.beds[0].line = bad;
    let settings = FeedSettings {
        speed: Speed::Max,
        duration: Some(Duration::from_secs(20)),
        ..FeedSettings::new(brokers.clone())
    };
    let report = feed(&ward, &settings, START_UNIX_NS, pending()).await.unwrap();
    let faults = report.faults;
    assert!(faults.lost > 5 && faults.repeated > 5 && faults.reordered > 5 && faults.late > 5, "{faults:?}");
    assert_eq!(report.chunks, 400 - faults.lost + faults.repeated);
    let count = report.chunks as usize;
    let messages = tokio::task::spawn_blocking(move || received(&brokers, "ecg.waveforms", count)).await.unwrap();
    let sequences = |bed: &str| {
        messages.iter().filter(|(key, ..)| key == bed).map(|(_, _, message)| message.sequence).collect::<Vec<_>>()
    };
    let (first, second) = (sequences("bed-01"), sequences("bed-02"));
    assert_eq!(second, (0..200).collect::<Vec<_>>(), "the other line is a good one");
    assert!(first.windows(2).any(|pair| pair[0] > pair[1]) && first.windows(2).any(|pair| pair[0] == pair[1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn no_chunk_is_sent_before_its_last_sample() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("ecg.waveforms", 1, 1).unwrap();
    let settings = FeedSettings {
        speed: Speed::Times(10.0),
        duration: Some(Duration::from_secs(3)),
        ..FeedSettings::new(cluster.bootstrap_servers())
    };
    let begin = Instant::now();
    let report = feed(&ward(2, 1), &settings, START_UNIX_NS, pending()).await.unwrap();
    assert_eq!(report.chunks, 60);
    assert!(begin.elapsed() >= Duration::from_millis(299), "3 s at ten times the speed took {:?}", begin.elapsed());
}

#[tokio::test]
async fn stop_ends_an_endless_feed() {
    let settings = FeedSettings::new("127.0.0.1:9");
    assert_eq!(feed(&ward(2, 1), &settings, START_UNIX_NS, ready(())).await.unwrap(), FeedReport::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_broker_that_is_away_is_named() {
    let settings =
        FeedSettings { client: vec![("message.timeout.ms".into(), "600".into())], ..FeedSettings::new("127.0.0.1:9") };
    let error = feed(&ward(1, 1), &settings, START_UNIX_NS, pending()).await.expect_err("nobody listens there");
    let text = error.to_string();
    assert!(matches!(error, FeedError::Delivery { sequence: 0, .. }), "{text}");
    assert!(text.contains("chunk 0 of bed-01 was not taken by 127.0.0.1:9"), "{text}");
}

#[tokio::test]
async fn an_empty_ward_is_done_at_once() {
    let settings = FeedSettings::new("127.0.0.1:9");
    assert_eq!(feed(&ward(0, 1), &settings, START_UNIX_NS, pending()).await.unwrap(), FeedReport::default());
}
