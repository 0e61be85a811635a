//! Instances with names (`kafka.instance`) against a real broker: one that comes back under its name has its beds at once, one that
//! is asked to end leaves them to the others, as one does that drew its name, and a name is nobody's twice.
//!
//! The session time-out of all of them is longer than the tests' patience: who waited for it would fail.

#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_line.rs")]
mod program;
#[path = "kafka/real_broker.rs"]
mod real_broker;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::source::kafka::{KafkaArrival, KafkaSource};
use line::{Monitor, PATIENCE, chunk, settings};
use program::{Service, TopicReader, gemwatch, page, settings_file};

const BED: &str = "icu-7";

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// A bed, and whoever watches it.
struct Ward {
    kafka: KafkaSettings,
    folder: tempfile::TempDir,
    vitals: TopicReader,
    sent: u64,
}

impl Ward {
    async fn new(test: &str) -> Option<Ward> {
        let kafka = settings(real_broker::bootstrap_servers()?, test);
        ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
        let vitals = TopicReader::open(&kafka, &kafka.topics.vitals);
        Some(Ward { kafka, folder: tempfile::tempdir().unwrap(), vitals, sent: 0 })
    }

    /// The settings of an instance of this name, or of one that draws its name, and where it listens.
    fn settings(&self, instance: Option<&str>) -> (PathBuf, SocketAddr) {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        let session_ms = 2 * PATIENCE.as_millis();
        let more = format!(
            "[kafka.properties]\n\"session.timeout.ms\" = \"{session_ms}\"\n\"max.poll.interval.ms\" = \"{session_ms}\"\n\
             [http]\nlisten = \"{address}\"\n"
        );
        let kafka = KafkaSettings { instance: instance.map(str::to_owned), ..self.kafka.clone() };
        (settings_file(&folder, &kafka, &more), address)
    }

    /// Starts an instance, and waits until it is one of the group.
    async fn start(&self, instance: impl Into<Option<&str>>) -> Service {
        let (settings, address) = self.settings(instance.into());
        let service = Service::start_as("monitor", &settings);
        page(format!("http://{address}/readyz"), |status, _| status == 200).await;
        service
    }

    /// Sends ten seconds more; somebody watches them.
    async fn is_watched(&mut self) {
        let monitor = Monitor::new(&self.kafka);
        for sequence in self.sent..self.sent + 100 {
            monitor.send_chunk(&self.kafka.topics.waveforms, 0, &chunk(BED, sequence)).await;
        }
        self.sent += 100;
        let last = format!("1970-01-01T00:00:{:02}Z", self.sent / 10 - 1);
        self.vitals
            .until(PATIENCE, |messages| program::values(messages).iter().any(|vitals| vitals["time"] == last.as_str()))
            .await;
    }
}

async fn terminate(service: Service) {
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_killed_has_its_beds_again_under_its_name() {
    let Some(mut ward) = Ward::new("named-and-killed").await else { return };
    let service = ward.start("a").await;
    ward.is_watched().await;
    service.kill();
    let service = ward.start("a").await;
    ward.is_watched().await;
    terminate(service).await;
}

async fn assert_ends_leave_beds_to_the_others(ward: Option<Ward>, names: [Option<&str>; 3]) {
    let Some(mut ward) = ward else { return };
    let first = ward.start(names[0]).await;
    ward.is_watched().await;
    let second = ward.start(names[1]).await;
    ward.is_watched().await;
    // There is one partition: one of them has it, and loses it.
    terminate(first).await;
    ward.is_watched().await;
    let third = ward.start(names[2]).await;
    terminate(second).await;
    ward.is_watched().await;
    terminate(third).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_asked_to_end_leaves_its_beds_to_the_others() {
    assert_ends_leave_beds_to_the_others(Ward::new("named-and-ended").await, ["a", "b", "c"].map(Some)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_one_that_drew_its_name() {
    assert_ends_leave_beds_to_the_others(Ward::new("drawn-and-ended").await, [None; 3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_one_name_are_one_too_many() {
    let Some(mut ward) = Ward::new("named-twice").await else { return };
    let (settings, address) = ward.settings(Some("a"));
    let mut command = gemwatch(&["run", "--role", "monitor", "--config", settings.to_str().unwrap()]);
    let first = tokio::task::spawn_blocking(move || command.output().unwrap());
    page(format!("http://{address}/readyz"), |status, _| status == 200).await;
    ward.is_watched().await;
    let second = ward.start("a").await;
    let first = tokio::time::timeout(PATIENCE, first).await.expect("the first ends").unwrap();
    let said = String::from_utf8_lossy(&first.stderr);
    assert_eq!(first.status.code(), Some(1), "{said}");
    assert!(said.contains("another instance is in the group under the name of this one"), "{said}");
    ward.is_watched().await;
    terminate(second).await;
}

/// The next word of partitions that come or go.
async fn change(source: &mut KafkaSource) -> KafkaArrival {
    let next = async {
        loop {
            let arrival = source.next().await.unwrap();
            if let KafkaArrival::Assigned { .. } | KafkaArrival::Revoked { .. } = arrival {
                return arrival;
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("partitions come or go")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_place_was_taken_joins_anew() {
    let Some(ward) = Ward::new("named-and-replaced").await else { return };
    let kafka = KafkaSettings { instance: Some("a".to_owned()), ..ward.kafka.clone() };
    let mut first = KafkaSource::new(&kafka).unwrap();
    assert!(matches!(change(&mut first).await, KafkaArrival::Assigned { partitions, .. } if partitions == [0]));
    let mut second = KafkaSource::new(&kafka).unwrap();
    assert!(matches!(change(&mut second).await, KafkaArrival::Assigned { partitions, .. } if partitions == [0]));
    // The second is silent from here on, as a process is that was there only for the group.
    assert!(matches!(change(&mut first).await, KafkaArrival::Revoked { partitions } if partitions == [0]));
    assert!(matches!(change(&mut first).await, KafkaArrival::Assigned { partitions, .. } if partitions == [0]));
    first.close().await;
    second.close().await;
}
