//! Pseudonyms against a real broker: the name that a stream comes with goes no further than its arrival.

#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_line.rs")]
mod program;
#[path = "kafka/real_broker.rs"]
mod real_broker;
#[path = "kafka/recording.rs"]
mod recording;

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::ecg::{Chunk, StreamId};
use gemwatch::source::kafka::Pseudonyms;
use gemwatch::source::recordings::Record;
use line::{Monitor, PATIENCE, Read, settings};
use program::{Service, TopicReader, page, settings_file, values};
use recording::recording;
use serde_json::{Value, json};

/// A record with an extreme bradycardia in its first minute.
const RECORD: &str = "b124s";

/// Who must not be recognised: no part of this stands anywhere else.
const NAME: &str = "Doe-Jane-19700101";

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// The service that watches a ward with pseudonyms, and what is written about it.
struct Watch {
    folder: tempfile::TempDir,
    kafka: KafkaSettings,
    address: SocketAddr,
    chunks: Vec<Chunk>,
}

impl Watch {
    /// Starts the service with this key. Its log says all that it can say.
    fn start(&self, key: &[u8]) -> Service {
        let key_file = self.folder.path().join("key");
        fs::write(&key_file, key).unwrap();
        let more = format!(
            "[kafka.properties]\ndebug = \"all\"\n[pseudonyms]\nkey_file = \"{}\"\n[http]\nlisten = \"{}\"\n\
             [telemetry]\nlog = \"trace\"\n",
            key_file.display(),
            self.address
        );
        Service::start_as("monitor", &settings_file(self.folder.path(), &self.kafka, &more))
    }

    fn log(&self) -> String {
        let path = self.folder.path().join(format!("{}.monitor.log", self.kafka.group));
        String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
    }

    /// Sends these chunks under the name, and waits for the vital signs of all whole seconds under the pseudonym.
    async fn send(&self, chunks: std::ops::Range<usize>, vitals: &mut TopicReader, pseudonym: &StreamId) {
        let monitor = Monitor::new(&self.kafka);
        for chunk in &self.chunks[chunks.clone()] {
            monitor.send_chunk(&self.kafka.topics.waveforms, 0, chunk).await;
        }
        let last = self.chunks[chunks.end - 1].end().as_nanos() / 1_000_000_000;
        let second = gemwatch::wire::rfc3339(gemwatch::ecg::Time::from_nanos((last - 1) * 1_000_000_000));
        let is_there = |vitals: &Value| vitals["time"] == second.as_str() && vitals["stream_id"] == pseudonym.as_str();
        vitals.until(PATIENCE, |messages| values(messages).iter().any(is_there)).await;
    }
}

fn assert_nameless(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let named = ["Doe", "Jane", "19700101"].iter().find(|part| text.contains(**part));
    assert!(named.is_none(), "{what} holds {named:?}: {:?}", text.lines().find(|line| line.contains(named.unwrap())));
}

fn assert_topics_nameless(readers: &[TopicReader]) {
    let mut read = 0;
    for message in readers.iter().flat_map(|reader| &reader.messages) {
        assert_nameless("a key", message.key.as_deref().unwrap_or_default());
        assert_nameless("a value", &message.value);
        message.headers.iter().for_each(|(name, value)| assert_nameless(name, format!("{name} {value}").as_bytes()));
        read += 1;
    }
    assert!(read > 90, "{read} messages");
}

fn header<'a>(message: &'a Read, name: &str) -> Option<&'a str> {
    message.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

async fn end(service: Service) {
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_stream_goes_no_further_than_its_arrival() {
    let (Some(bootstrap_servers), Some(recording)) = (real_broker::bootstrap_servers(), recording(RECORD)) else {
        return;
    };
    let kafka = settings(bootstrap_servers, "nameless");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let record = Record::open(&recording).unwrap();
    let watch = Watch {
        folder: tempfile::tempdir().unwrap(),
        address: TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(),
        chunks: record.chunks(StreamId::new(NAME).unwrap(), 0.5).unwrap().collect(),
        kafka,
    };
    let topics = &watch.kafka.topics;
    let mut readers =
        [&topics.alerts, &topics.alert_state, &topics.vitals, &topics.dead_letters, &topics.reading_requests]
            .map(|topic| TopicReader::open(&watch.kafka, topic));
    let (one_key, other_key) = ([0x5a; 32], [0xa5; 32]);
    let [pseudonym, other] = [one_key, other_key].map(|key| Pseudonyms::new(&key).of(NAME.as_bytes()));
    let monitor = Monitor::new(&watch.kafka);

    let service = watch.start(&one_key);
    watch.send(0..120, &mut readers[2], &pseudonym).await;
    // Neither messages that cannot be read nor commands that name the stream let the name out.
    let by_name = json!({
        "command": "set_limits", "stream_id": NAME, "limits": {}, "by": "A. Nurse", "at": "1970-01-01T00:01:00Z",
    });
    let nonsense = json!({"command": NAME});
    let payload = gemwatch::wire::waveform::encode(&watch.chunks[0]);
    let mut unusable = watch.chunks[0].clone();
    unusable.rate_hz = 1.0;
    let unusable = gemwatch::wire::waveform::encode(&unusable);
    for (topic, key, value) in [
        (&topics.waveforms, NAME, NAME.as_bytes()),
        (&topics.waveforms, "Jane", &payload),
        (&topics.waveforms, NAME, &unusable),
        (&topics.commands, NAME, by_name.to_string().as_bytes()),
        (&topics.commands, NAME, nonsense.to_string().as_bytes()),
    ] {
        monitor.send(topic, 0, Some(key), Some(value)).await;
    }
    readers[3].until(PATIENCE, |messages| messages.len() >= 5).await;
    let mut by_pseudonym = by_name.clone();
    by_pseudonym["stream_id"] = json!(pseudonym.as_str());
    let command = by_pseudonym.to_string();
    monitor.send(&topics.commands, 0, Some(pseudonym.as_str()), Some(command.as_bytes())).await;
    let is_taken = |status, body: &str| {
        status == 200 && body.lines().any(|line| line.contains("command=\"set_limits\"") && line.ends_with(" 1"))
    };
    let metrics = page(format!("http://{}/metrics", watch.address), is_taken).await;
    readers[0].until(PATIENCE, |messages| !messages.is_empty()).await;
    readers[1].until(PATIENCE, |messages| !messages.is_empty()).await;
    readers[4].until(PATIENCE, |messages| !messages.is_empty()).await;
    end(service).await;
    let first_log = watch.log();
    assert!(first_log.contains(pseudonym.as_str()) && first_log.contains("TRACE"), "the log says what it knows");

    // Who starts again with the same key knows the stream again; with another key it is another stream.
    let service = watch.start(&one_key);
    watch.send(120..160, &mut readers[2], &pseudonym).await;
    end(service).await;
    let second_log = watch.log();
    let service = watch.start(&other_key);
    watch.send(160..200, &mut readers[2], &other).await;
    end(service).await;

    for (what, text) in
        [("/metrics", metrics), ("log", first_log), ("second log", second_log), ("third log", watch.log())]
    {
        assert_nameless(what, text.as_bytes());
    }
    assert_topics_nameless(&readers);
    let keys: std::collections::BTreeSet<_> = readers[2].messages.iter().map(|message| message.key.clone()).collect();
    let expected = [&pseudonym, &other].map(|pseudonym| Some(pseudonym.as_str().as_bytes().to_vec()));
    assert_eq!(keys, expected.into_iter().collect());

    let length = |bytes: &[u8]| bytes.len().to_string();
    let key_of = |name: &str| Some(Pseudonyms::new(&one_key).of(name.as_bytes()));
    let expected = [
        (length(NAME.as_bytes()), key_of(NAME), "value is no usable chunk: message is no gemwatch.v1.Wave".to_owned()),
        (
            length(&payload),
            key_of("Jane"),
            format!("key {} is not the stream id {pseudonym} ", key_of("Jane").unwrap()),
        ),
        (
            length(&unusable),
            key_of(NAME),
            format!("value is no usable chunk: chunk of stream {pseudonym} is unusable: "),
        ),
        (length(by_name.to_string().as_bytes()), None, "stream_id is no pseudonym, and ".to_owned()),
        (length(nonsense.to_string().as_bytes()), None, "value is no command".to_owned()),
    ];
    assert_letters(&readers[3].messages, &topics.waveforms, &expected[..3]);
    assert_letters(&readers[3].messages, &topics.commands, &expected[3..]);
}

/// The dead letters of one topic: how long each message was, its key and how the reason begins; and no value.
fn assert_letters(letters: &[Read], topic: &str, expected: &[(String, Option<StreamId>, String)]) {
    let letters: Vec<&Read> = letters.iter().filter(|letter| header(letter, "topic") == Some(topic)).collect();
    assert_eq!(letters.len(), expected.len(), "{letters:?}");
    for (letter, (bytes, key, reason)) in letters.into_iter().zip(expected) {
        assert_eq!(letter.key.as_deref(), key.as_ref().map(|key| key.as_str().as_bytes()));
        assert!(letter.value.is_empty(), "{letter:?}");
        assert_eq!(header(letter, "payload-bytes"), Some(bytes.as_str()));
        assert!(header(letter, "reason").unwrap().starts_with(reason), "{letter:?}");
        assert!(header(letter, "offset").is_some());
    }
}
