//! The program as its users run it: its commands as child processes, its topics as anybody would read them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use gemwatch::broker::KafkaSettings;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, StreamConsumer};
use rdkafka::message::{Headers, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;

use crate::line::{PATIENCE, Read};

/// How often a child process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The program, without the settings of whoever runs the tests.
pub fn gemwatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gemwatch"));
    command.args(arguments).env_remove("RUST_LOG");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GEMWATCH_")) {
        command.env_remove(name);
    }
    command
}

/// A settings file with the topics of a test; `more` follows at its end.
pub fn settings_file(folder: &Path, kafka: &KafkaSettings, more: &str) -> PathBuf {
    let KafkaSettings { brokers, group, instance, topics, .. } = kafka;
    let instance = instance.as_ref().map(|instance| format!("instance = {instance:?}\n")).unwrap_or_default();
    let text = format!(
        "[kafka]\nbrokers = {brokers:?}\ngroup = {group:?}\n{instance}[kafka.topics]\nwaveforms = {:?}\nalerts = {:?}\nalert_state = {:?}\n\
         vitals = {:?}\nheartbeats = {:?}\nreadings = {:?}\ncommands = {:?}\nreading_requests = {:?}\ndead_letters = {:?}\n{more}",
        topics.waveforms,
        topics.alerts,
        topics.alert_state,
        topics.vitals,
        topics.heartbeats,
        topics.readings,
        topics.commands,
        topics.reading_requests,
        topics.dead_letters
    );
    let path = folder.join(format!("{group}.toml"));
    fs::write(&path, text).unwrap();
    path
}

/// `gemwatch run`. Killed when dropped; its log is shown when the test fails.
pub struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    pub fn start(settings: &Path) -> Service {
        Service::start_as("all", settings)
    }

    /// As one of several that share the work.
    pub fn start_as(role: &str, settings: &Path) -> Service {
        let log = settings.with_extension(format!("{role}.log"));
        let child = gemwatch(&["run", "--role", role, "--config", settings.to_str().unwrap()])
            .stdin(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Service { child, log }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as a supervisor does, and waits for at most `patience`.
    pub fn terminate(mut self, patience: Duration) -> ExitStatus {
        let asked = Instant::now();
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < patience, "still running {patience:?} after SIGTERM");
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("log of gemwatch run:\n{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// Status and body of a page of the service; asked for again until `enough`.
pub async fn page(url: String, enough: impl Fn(u16, &str) -> bool + Send + 'static) -> String {
    let asking = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let started = Instant::now();
        loop {
            let answer = agent.get(&url).call().map(|mut answer| {
                let body = answer.body_mut().read_to_string().unwrap();
                (answer.status().as_u16(), body)
            });
            match answer {
                Ok((status, body)) if enough(status, &body) => return body,
                answer => assert!(started.elapsed() < PATIENCE, "{url}: {answer:?}"),
            }
            std::thread::sleep(LOOK_EVERY);
        }
    });
    asking.await.unwrap()
}

/// A topic as a reader outside sees it: all of its messages, from the first.
pub struct TopicReader {
    consumer: StreamConsumer,
    pub messages: Vec<Read>,
}

impl TopicReader {
    pub fn open(settings: &KafkaSettings, topic: &str) -> TopicReader {
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", &settings.brokers)
            .set("group.id", format!("reader-of-{topic}"))
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        consumer.subscribe(&[topic]).unwrap();
        TopicReader { consumer, messages: Vec::new() }
    }

    /// Reads on until `enough` holds of all messages so far.
    pub async fn until(&mut self, patience: Duration, enough: impl Fn(&[Read]) -> bool) {
        let deadline = tokio::time::Instant::now() + patience;
        while !enough(&self.messages) {
            let Ok(message) = tokio::time::timeout_at(deadline, self.consumer.recv()).await else {
                let last = self.messages.last().map(|message| String::from_utf8_lossy(&message.value).into_owned());
                panic!("not enough after {patience:?}: {} messages, the last {last:?}", self.messages.len());
            };
            let message = message.unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let headers = message.headers().map(|headers| {
                headers.iter().map(|header| (header.key.to_owned(), text(header.value.unwrap_or_default()))).collect()
            });
            self.messages.push(Read {
                key: message.key().map(<[u8]>::to_vec),
                value: message.payload().unwrap_or_default().to_vec(),
                headers: headers.unwrap_or_default(),
            });
        }
    }

    /// The messages as JSON.
    pub fn values(&self) -> Vec<Value> {
        values(&self.messages)
    }
}

/// Messages as JSON.
pub fn values(messages: &[Read]) -> Vec<Value> {
    messages.iter().map(|message| serde_json::from_slice(&message.value).unwrap()).collect()
}

/// Offset that the group has committed (0 for none), and end of a partition of the waveforms.
pub fn committed_and_end(settings: &KafkaSettings, partition: i32) -> (i64, i64) {
    committed_and_end_of(settings, &settings.group, &settings.topics.waveforms, partition)
}

/// Offset that a group has committed (0 for none), and end of a partition.
pub fn committed_and_end_of(settings: &KafkaSettings, group: &str, topic: &str, partition: i32) -> (i64, i64) {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).set("group.id", group).create().unwrap();
    let mut asked = TopicPartitionList::new();
    asked.add_partition(topic, partition);
    let committed = consumer.committed_offsets(asked, PATIENCE).unwrap();
    let (_, end) = consumer.fetch_watermarks(topic, partition, PATIENCE).unwrap();
    match committed.elements()[0].offset() {
        Offset::Offset(committed) => (committed, end),
        Offset::Invalid => (0, end),
        other => panic!("{other:?}"),
    }
}
