//! Kafka at both ends: against a real broker where there are Java and Maven, and against the embedded one.

#[path = "kafka/line.rs"]
mod line;
#[path = "kafka/real_broker.rs"]
mod real_broker;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};

use gemwatch::broker::{BrokerError, KafkaSettings, check_broker, ensure_topics};
use gemwatch::ecg::Chunk;
use gemwatch::publish::kafka::{KafkaPublisher, PublishError};
use gemwatch::publish::{DeadLetter, Outgoing, Topic};
use gemwatch::source::kafka::{KafkaArrival, KafkaSource, Progress, Resume};
use line::{Monitor, PATIENCE, chunk, embedded, next, next_chunk, read, settings};

/// Settings for a test on the real broker, its topics made.
async fn on_real_broker(test: &str, partitions: i32) -> Option<KafkaSettings> {
    let settings = settings(real_broker::bootstrap_servers()?, test);
    let created = ensure_topics(&settings, partitions, 1, PATIENCE).await.unwrap();
    assert_eq!(created.len(), settings.topics.names().len(), "{created:?}");
    Some(settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_arrive_as_they_were_sent() {
    if let Some(settings) = on_real_broker("chunks", 3).await {
        chunks_arrive(&settings).await;
    }
    let (_broker, settings) = embedded("chunks", 3);
    chunks_arrive(&settings).await;
}

async fn chunks_arrive(settings: &KafkaSettings) {
    let mut source = KafkaSource::new(settings).unwrap();
    let monitor = Monitor::new(settings);
    let streams = [("bed-1", 0), ("ward 2/bed ä", 2)];
    let mut sent: BTreeMap<&str, Vec<Chunk>> = BTreeMap::new();
    for sequence in 0..40 {
        for (stream_id, partition) in streams {
            let chunk = chunk(stream_id, sequence);
            monitor.send_chunk(&settings.topics.waveforms, partition, &chunk).await;
            sent.entry(stream_id).or_default().push(chunk);
        }
    }
    let KafkaArrival::Assigned { partitions, .. } = next(&mut source).await else {
        panic!("partitions come before their messages");
    };
    assert_eq!(partitions, [0, 1, 2]);
    let mut received: BTreeMap<String, Vec<Chunk>> = BTreeMap::new();
    for _ in 0..80 {
        let (chunk, ..) = next_chunk(&mut source).await;
        received.entry(chunk.stream_id.to_string()).or_default().push(chunk);
    }
    for (stream_id, _) in streams {
        assert_eq!(received[stream_id], sent[stream_id]);
    }
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_become_dead_letters() {
    if let Some(settings) = on_real_broker("bad", 1).await {
        dead_letters_are_written(&settings).await;
    }
    let (_broker, settings) = embedded("bad", 1);
    dead_letters_are_written(&settings).await;
}

async fn dead_letters_are_written(settings: &KafkaSettings) {
    let monitor = Monitor::new(settings);
    let topic = &settings.topics.waveforms;
    let good = chunk("bed-1", 0);
    let good_bytes = gemwatch::wire::waveform::encode(&good);
    monitor.send(topic, 0, Some("bed-1"), Some(b"\xff\xfe not a chunk")).await;
    monitor.send(topic, 0, Some("bed-2"), Some(&good_bytes)).await;
    monitor.send(topic, 0, None, None).await;
    monitor.send_chunk(topic, 0, &good).await;

    let mut source = KafkaSource::new(settings).unwrap();
    let publisher = KafkaPublisher::new(settings).unwrap();
    let mut progress = Progress::new();
    let last = loop {
        match next(&mut source).await {
            KafkaArrival::Rejected(rejected) => {
                let ticket = progress.arrived_alone(rejected.position.partition, rejected.position.offset);
                let letter = DeadLetter {
                    topic: &rejected.position.topic,
                    partition: rejected.position.partition,
                    offset: rejected.position.offset,
                    key: rejected.key.as_deref(),
                    payload: rejected.payload.as_deref(),
                    withheld_bytes: rejected.withheld_bytes,
                    reason: &rejected.reason.in_full(),
                };
                publisher.send(letter.outgoing()).await.unwrap();
                progress.release(ticket);
            }
            KafkaArrival::Chunk { chunk, .. } => break chunk,
            KafkaArrival::Request { message, .. } => panic!("{message:?}"),
            KafkaArrival::Assigned { .. }
            | KafkaArrival::Revoked { .. }
            | KafkaArrival::CaughtUp { .. }
            | KafkaArrival::Outlook(_) => {}
        }
    };
    assert_eq!(last, good);
    assert_eq!(progress.committable().iter().map(|resume| resume.offset).collect::<Vec<_>>(), [3]);

    let expected: [(Option<&str>, &[u8], &str); 3] = [
        (Some("bed-1"), b"\xff\xfe not a chunk", "value is no usable chunk: message is no gemwatch.v1.WaveformChunk: "),
        (Some("bed-2"), &good_bytes, "key bed-2 is not the stream id bed-1 of the value"),
        (None, b"", "message has no value"),
    ];
    let letters = read(settings, &settings.topics.dead_letters, 3).await;
    for (offset, (letter, (key, value, reason))) in letters.iter().zip(expected).enumerate() {
        assert_eq!(letter.key.as_deref(), key.map(str::as_bytes));
        assert_eq!(letter.value, value);
        let header = |name: &str| &letter.headers.iter().find(|(key, _)| key == name).unwrap().1;
        assert!(header("reason").starts_with(reason), "{letter:?}");
        assert_eq!(header("topic"), topic);
        assert_eq!(header("partition"), "0");
        assert_eq!(header("offset"), &offset.to_string());
    }
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_last_commit_was() {
    if let Some(settings) = on_real_broker("restart", 1).await {
        restart(&settings).await;
    }
    let (_broker, settings) = embedded("restart", 1);
    restart(&settings).await;
}

async fn restart(settings: &KafkaSettings) {
    let monitor = Monitor::new(settings);
    for sequence in 0..20 {
        monitor.send_chunk(&settings.topics.waveforms, 0, &chunk("bed-1", sequence)).await;
    }
    let mut source = KafkaSource::new(settings).unwrap();
    let mut progress = Progress::new();
    for sequence in 0..12 {
        let (chunk, partition, offset) = next_chunk(&mut source).await;
        assert_eq!(chunk.sequence, sequence);
        let ticket = progress.arrived(partition, offset, &chunk.stream_id, chunk.end());
        // What the last four caused is never acknowledged: as if the process died first.
        if sequence < 8 {
            progress.release(ticket);
        }
        source.commit(&progress.committable()).unwrap();
    }
    // Two of those four had said all they had to say.
    let resume = Resume { partition: 0, offset: 8, said_until: 10, read_until: 9 };
    source.commit(&[resume]).unwrap();
    source.close().await;

    let mut source = KafkaSource::new(settings).unwrap();
    let KafkaArrival::Assigned { committed, .. } = next(&mut source).await else {
        panic!("partitions come before their messages");
    };
    assert_eq!(committed, [resume]);
    for sequence in 8..20 {
        assert_eq!(next_chunk(&mut source).await.0.sequence, sequence);
    }
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_member_takes_over_from_the_committed_offset() {
    let Some(settings) = on_real_broker("two", 4).await else { return };
    let monitor = Monitor::new(&settings);
    for sequence in 0..10 {
        for partition in 0..4 {
            let chunk = chunk(&format!("bed-{partition}"), sequence);
            monitor.send_chunk(&settings.topics.waveforms, partition, &chunk).await;
        }
    }
    let mut first = KafkaSource::new(&settings).unwrap();
    let mut progress = Progress::new();
    for _ in 0..40 {
        let (chunk, partition, offset) = next_chunk(&mut first).await;
        let ticket = progress.arrived(partition, offset, &chunk.stream_id, chunk.end());
        if chunk.sequence < 7 {
            progress.release(ticket);
        }
    }
    // Not committed before the group moves: the last chance is the revocation itself.
    first.commit(&progress.committable()).unwrap();

    let mut second = KafkaSource::new(&settings).unwrap();
    let mut revoked = BTreeSet::new();
    let mut taken_over: BTreeMap<i32, Vec<u64>> = BTreeMap::new();
    while revoked.is_empty() || taken_over.values().map(Vec::len).sum::<usize>() < 3 * revoked.len() {
        let arrival = tokio::select! {
            arrival = next(&mut first) => {
                if let KafkaArrival::Revoked { partitions } = arrival {
                    revoked.extend(partitions);
                }
                continue;
            }
            arrival = next(&mut second) => arrival,
        };
        if let KafkaArrival::Chunk { chunk, position } = arrival {
            taken_over.entry(position.partition).or_default().push(chunk.sequence);
        }
    }
    assert_eq!(revoked.len(), 2, "each member has half of the partitions");
    assert_eq!(taken_over.keys().copied().collect::<BTreeSet<_>>(), revoked);
    assert!(taken_over.values().all(|sequences| sequences == &[7, 8, 9]), "{taken_over:?}");
    // What is no longer its own, the first member does not touch.
    let stale = |partition: &i32| Resume { partition: *partition, offset: 1, said_until: 1, read_until: 1 };
    first.commit(&revoked.iter().map(stale).collect::<Vec<_>>()).unwrap();
    first.close().await;
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_acknowledged_and_there_in_order() {
    if let Some(settings) = on_real_broker("published", 3).await {
        published_is_there(&settings).await;
    }
    let (_broker, settings) = embedded("published", 3);
    published_is_there(&settings).await;
}

async fn published_is_there(settings: &KafkaSettings) {
    let publisher = KafkaPublisher::new(settings).unwrap();
    let alert = |number: usize| Outgoing {
        topic: Topic::Alerts,
        key: Some(b"bed-1".to_vec()),
        headers: vec![
            ("ce_id".to_owned(), number.to_string()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ],
        payload: Some(format!("{{\"number\":{number}}}").into_bytes()),
    };
    let mut acknowledgements = Vec::new();
    for number in 0..20 {
        acknowledgements.push(publisher.enqueue(alert(number)).await.unwrap());
    }
    for acknowledgement in acknowledgements {
        acknowledgement.await.unwrap();
    }
    let messages = read(settings, &settings.topics.alerts, 20).await;
    for (number, message) in messages.into_iter().enumerate() {
        let expected = alert(number);
        assert_eq!(
            (message.key, Some(message.value), message.headers),
            (expected.key, expected.payload, expected.headers)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_sees_which_topics_are_there() {
    let Some(settings) = on_real_broker("doctor", 2).await else { return };
    assert_eq!(ensure_topics(&settings, 2, 1, PATIENCE).await.unwrap(), [""; 0]);
    let check = check_broker(&settings, PATIENCE).unwrap();
    assert!(check.is_complete(), "{check:?}");
    assert_eq!(check.brokers, [settings.brokers.as_str()]);
    assert_eq!(check.topics[0].to_string(), "topic doctor.waveforms: 2 partitions");

    let mut other = settings.clone();
    other.topics.vitals = "doctor.nowhere".to_owned();
    let check = check_broker(&other, PATIENCE).unwrap();
    assert!(!check.is_complete());
    let described: Vec<String> = check.topics.iter().map(ToString::to_string).collect();
    let missing = |words: &&String| words.starts_with("topic doctor.nowhere: missing");
    assert_eq!(described.iter().filter(missing).count(), 1, "{described:?}");
}

/// Settings that point at a port on which nobody listens.
fn nobody() -> KafkaSettings {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    settings(&format!("127.0.0.1:{port}"), "nobody")
}

#[test]
fn a_broker_that_is_not_there_is_reported_in_time() {
    let started = Instant::now();
    let error = check_broker(&nobody(), Duration::from_secs(2)).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(matches!(error, BrokerError::Unreachable { .. }), "{error:?}");
    let words = error.to_string();
    assert!(
        words.contains("no Kafka broker answered at 127.0.0.1:") && words.contains("Connection refused"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nobody_takes_is_reported_in_time() {
    let mut settings = nobody();
    settings.properties.insert("delivery.timeout.ms".to_owned(), "1000".to_owned());
    let publisher = KafkaPublisher::new(&settings).unwrap();
    let message = |bytes| Outgoing { topic: Topic::Vitals, key: None, headers: vec![], payload: Some(vec![0; bytes]) };
    let sent = tokio::time::timeout(PATIENCE, publisher.send(message(10))).await.expect("an answer in time");
    let error = sent.unwrap_err();
    assert!(matches!(error, PublishError::NotAcknowledged { .. }), "{error:?}");
    assert!(error.source().is_some_and(|cause| cause.to_string().contains("timed out")), "{error:?}");

    let error = publisher.send(message(2_000_000)).await.unwrap_err();
    assert!(matches!(error, PublishError::TooLarge { bytes: 2_000_000, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_makes_the_sender_wait() {
    let (_broker, mut settings) = embedded("full", 1);
    settings.properties.insert("queue.buffering.max.messages".to_owned(), "2".to_owned());
    let publisher = KafkaPublisher::new(&settings).unwrap();
    let message =
        |number: u8| Outgoing { topic: Topic::Vitals, key: None, headers: vec![], payload: Some(vec![number]) };
    let mut acknowledgements = Vec::new();
    for number in 0..20 {
        acknowledgements.push(publisher.enqueue(message(number)).await.unwrap());
    }
    for acknowledgement in acknowledgements {
        acknowledgement.await.unwrap();
    }
    let values: Vec<u8> =
        read(&settings, &settings.topics.vitals, 20).await.into_iter().flat_map(|message| message.value).collect();
    assert_eq!(values, (0..20).collect::<Vec<u8>>());
}
