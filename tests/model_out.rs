//! Alarms while the model is out: absent, damaged, failing, without memory, slow, or writing nonsense without end. Each against a
//! real broker, with the program as its users run it.
//!
//! Eight beds fall into asystole again and again. Whatever the model does, the same alarms are raised at the same moments of data
//! time as without any, and reach their readers as soon; what the readings say differs.

#[path = "model_out/graph.rs"]
mod graph;
#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "model_out/package.rs"]
mod package;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_roles.rs")]
mod program;
#[path = "kafka/real_broker.rs"]
mod real_broker;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gemwatch::bed::BedSettings;
use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::config::Config;
use gemwatch::gem::runtime;
use gemwatch::pipeline::{Monitor, Said};
use gemwatch::wire::{AlertState, waveform};
use graph::Fault;
use line::{PATIENCE, settings};
use program::{Service, page, settings_file};
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use serde_json::Value;
use simulators::patient::PatientSettings;
use simulators::rhythm::{Afterwards, Rhythm, Script, Step};
use simulators::scenario::Bed;
use simulators::wire::{encoded, waveform_chunk};

const BEDS: u64 = 8;

/// Half seconds that each bed sends, and how many more for the recovery of the model.
const CHUNKS: usize = 170;
const MORE_CHUNKS: usize = 60;
const CHUNK_MS: u32 = 500;

/// Half a second of data is sent so often: ten times as fast as it happens.
const PACE: Duration = Duration::from_millis(50);

/// Broken sessions are made anew after pauses of up to a minute.
const RECOVERY_PATIENCE: Duration = Duration::from_mins(3);

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// How much later than with a healthy model, or without any, alarms may be read, half of them and 99 of 100. Nothing by design;
/// on a machine that is busy with other tests the slowest of these few alarms takes a second even where there is no model.
const MOST_LATER: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];

/// Alarms of high priority, which are read.
const ALARMS: &str = "[alarms]\nlatching = false\noff = [\"HRHI\", \"HRLO\", \"NSVT\", \"VRHY\", \"RUN\", \"SVT\", \
     \"PAUSE\", \"AFIB\", \"PNC\", \"PNP\", \"PVCM\", \"CPLT\", \"BIGEM\", \"TRIGEM\", \"RONT\", \"MULTI\", \"MISS\", \"NOISE1\", \"NOISE2\"]\n";

/// What all beds send, in the order in which it is sent.
struct Ward {
    /// Stream id and bytes of each chunk, half a second of all beds after the other.
    chunks: Vec<(String, Vec<u8>)>,
    /// The alarms that are raised, by their id: code, moment, and the chunk that decides them.
    raised: BTreeMap<String, (Value, Value, usize)>,
}

fn ward() -> Ward {
    let mut monitors: Vec<_> = (0..BEDS)
        .map(|number| {
            // The beds fall into asystole one after the other, each every 20 s.
            let sinus = |seconds| Step { rhythm: Rhythm::RegularSinus { rate_bpm: 70.0 + number as f64 }, seconds };
            let asystole = Step { rhythm: Rhythm::Asystole, seconds: 7.0 };
            let mut steps = vec![sinus(12.0 + 2.0 * number as f64)];
            steps.extend((0..6).flat_map(|_| [asystole, sinus(13.0)]));
            let script = Script::new(steps, Afterwards::Hold).unwrap();
            let bed = Bed::new(format!("bed {number}"), PatientSettings::new(number, script));
            simulators::monitor::Monitor::new(&bed, CHUNK_MS).unwrap()
        })
        .collect();
    let next = |_| monitors.iter_mut().map(simulators::monitor::Monitor::next_chunk).collect::<Vec<_>>();
    let chunks: Vec<_> = (0..CHUNKS + MORE_CHUNKS).flat_map(next).collect();
    let chunks: Vec<(String, Vec<u8>)> =
        chunks.iter().map(|chunk| (chunk.stream_id.to_string(), encoded(&waveform_chunk(chunk, 0)))).collect();
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), ALARMS).unwrap();
    let limits = Config::layered(Some(config.path()), []).unwrap().alarms;
    let mut alone = Monitor::new(BedSettings { limits, ..BedSettings::default() });
    let mut raised = BTreeMap::new();
    for (index, (_, bytes)) in chunks.iter().enumerate() {
        for said in alone.push(&waveform::decode(bytes).unwrap()) {
            if let Said::Alert { alert, .. } = said
                && alert.state == AlertState::Raised
            {
                let value = serde_json::to_value(&*alert).unwrap();
                raised.insert(alert.id.to_string(), (value["code"].clone(), value["raised_at"].clone(), index));
            }
        }
    }
    Ward { chunks, raised }
}

/// Alerts as they are read, each with the moment.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Instant, Value)>>>);

impl Heard {
    /// Reads the topic until the test ends.
    fn listen(kafka: &KafkaSettings) -> Heard {
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", &kafka.brokers)
            .set("group.id", format!("nurse-of-{}", kafka.topics.alerts))
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        consumer.subscribe(&[&kafka.topics.alerts]).unwrap();
        let heard = Heard::default();
        let alerts = Arc::clone(&heard.0);
        tokio::spawn(async move {
            loop {
                let message = consumer.recv().await.unwrap();
                let now = Instant::now();
                let alert = serde_json::from_slice(message.payload().unwrap()).unwrap();
                alerts.lock().unwrap().push((now, alert));
            }
        });
        heard
    }

    /// What the alerts of a state are, but for those of the line itself.
    fn of(&self, state: &str) -> Vec<(Instant, Value)> {
        let alerts = self.0.lock().unwrap();
        let of_state = alerts.iter().filter(|(_, alert)| alert["state"] == state && alert["code"] != "NODATA");
        of_state.cloned().collect()
    }

    async fn until(&self, patience: Duration, what: &str, enough: impl Fn(&Heard) -> bool) {
        let deadline = Instant::now() + patience;
        while !enough(self) {
            assert!(Instant::now() < deadline, "{what}: not after {patience:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn is_degraded(&self, state: &str) -> usize {
        self.of(state).iter().filter(|(_, alert)| alert["code"] == "DEGRADED").count()
    }

    /// Readings that say why there is none, and those with a text.
    fn readings(&self) -> (Vec<String>, Vec<String>) {
        let (mut none, mut texts) = (Vec::new(), Vec::new());
        for (_, alert) in self.of("interpreted") {
            let reading = &alert["reading"];
            match reading["text"].as_str().unwrap() {
                "" => none.push(reading["remark"].as_str().unwrap_or_default().to_owned()),
                text => texts.push(text.to_owned()),
            }
        }
        (none, texts)
    }
}

/// A line under test.
struct Line<'a> {
    ward: &'a Ward,
    kafka: KafkaSettings,
    service: Service,
    address: std::net::SocketAddr,
    heard: Heard,
    sent: Vec<Instant>,
    _folder: tempfile::TempDir,
}

/// How long alarms took to be read: half of them at most, and 99 of 100.
#[derive(Clone, Copy, Debug)]
struct Delays {
    p50: Duration,
    p99: Duration,
}

impl<'a> Line<'a> {
    /// Starts the service with this model and waits until `/readyz` says so.
    async fn start(ward: &'a Ward, name: &str, model: &str, is_ready: bool) -> Line<'a> {
        let kafka = settings(real_broker::bootstrap_servers().unwrap(), &format!("model-out-{name}"));
        ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let more = format!(
            "{ALARMS}[readings]\nmodel = {model:?}\nround_s = 0\nmax_new_tokens = 40\n[http]\nlisten = \"{address}\"\n"
        );
        let service = Service::start(&settings_file(folder.path(), &kafka, &more));
        let said = move |status: u16, body: &str| {
            let names_model = body.contains("\nmodel: ") && !body.contains("not known yet");
            if is_ready { status == 200 } else { status == 503 && names_model }
        };
        page(format!("http://{address}/readyz"), said).await;
        let heard = Heard::listen(&kafka);
        Line { ward, kafka, service, address, heard, sent: Vec::new(), _folder: folder }
    }

    /// Sends this many half seconds more.
    async fn send(&mut self, half_seconds: usize) {
        let monitor = line::Monitor::new(&self.kafka);
        let mut tick = tokio::time::interval(PACE);
        let from = self.sent.len();
        for (index, (stream_id, bytes)) in
            self.ward.chunks.iter().enumerate().skip(from).take(half_seconds * BEDS as usize)
        {
            if index % BEDS as usize == 0 {
                tick.tick().await;
            }
            self.sent.push(Instant::now());
            monitor.send(&self.kafka.topics.waveforms, 0, Some(stream_id), Some(bytes)).await;
        }
    }

    /// The alarms that must have been raised by now.
    fn expected(&self) -> BTreeMap<&str, (&Value, &Value)> {
        let by_now = self.ward.raised.iter().filter(|(_, (_, _, chunk))| *chunk < self.sent.len());
        by_now.map(|(id, (code, at, _))| (id.as_str(), (code, at))).collect()
    }

    /// Waits for all alarms; they are those that must be, and gives how long they took.
    async fn alarms(&self) -> Delays {
        let expected = self.expected();
        let own = |heard: &Heard| {
            heard.of("raised").into_iter().filter(|(_, alert)| alert["code"] != "DEGRADED").collect::<Vec<_>>()
        };
        self.heard.until(PATIENCE, "all alarms are raised", |heard| own(heard).len() >= expected.len()).await;
        let raised = own(&self.heard);
        let said: BTreeMap<&str, (&Value, &Value)> = raised
            .iter()
            .map(|(_, alert)| (alert["id"].as_str().unwrap(), (&alert["code"], &alert["raised_at"])))
            .collect();
        assert_eq!(said, expected, "the same alarms at the same moments as without a model");
        let chunk = |alert: &Value| self.ward.raised[alert["id"].as_str().unwrap()].2;
        let mut delays: Vec<Duration> = raised.iter().map(|(at, alert)| *at - self.sent[chunk(alert)]).collect();
        delays.sort_unstable();
        let at = |share: f64| delays[((delays.len() - 1) as f64 * share).round() as usize];
        Delays { p50: at(0.5), p99: at(0.99) }
    }

    async fn readyz(&self, patience: Duration, expected: u16) -> String {
        let url = format!("http://{}/readyz", self.address);
        let asked = Instant::now();
        page(url, move |status, _| status == expected || asked.elapsed() > patience).await
    }

    async fn end(self) {
        let service = self.service;
        let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
        assert!(ended.success(), "{ended}");
    }
}

/// What is expected of a model that is out in one way.
struct Out {
    name: &'static str,
    /// Makes the package in a folder; gives `readings.model`.
    model: fn(&Path) -> String,
    /// `/readyz` before the first chunk.
    is_ready: bool,
    /// What the readings say that there is not; none where nothing need be said yet.
    says: Option<&'static str>,
    /// Whether the beds say that nobody reads.
    degrades: bool,
    /// Whether it recovers once the package is mended, without a restart.
    recovers: bool,
}

fn spoilt(folder: &Path, fault: Fault) -> String {
    let package = package::copy(folder, "package");
    package::spoil(&package, fault);
    package.to_str().unwrap().to_owned()
}

const OUT: [Out; 7] = [
    Out {
        name: "absent",
        model: |folder| folder.join("nowhere").to_str().unwrap().to_owned(),
        is_ready: false,
        says: Some("model package cannot be used: could not read"),
        degrades: true,
        recovers: false,
    },
    Out {
        name: "damaged",
        model: |folder| {
            let package = package::copy(folder, "package");
            package::cut(&package);
            package.to_str().unwrap().to_owned()
        },
        is_ready: false,
        says: Some("model package cannot be used: model package"),
        degrades: true,
        recovers: false,
    },
    Out {
        name: "failing",
        model: |folder| spoilt(folder, Fault::Fails),
        is_ready: true,
        says: Some("token_embedding"),
        degrades: true,
        recovers: true,
    },
    Out {
        name: "without-memory",
        model: |folder| spoilt(folder, Fault::EatsMemory),
        is_ready: true,
        says: Some("token_embedding"),
        degrades: true,
        recovers: true,
    },
    Out {
        name: "without-numbers",
        model: |folder| spoilt(folder, Fault::HoldsNoNumbers),
        is_ready: true,
        says: Some("reading not available: "),
        degrades: true,
        recovers: false,
    },
    // Longer than any test: the first window takes hours.
    Out {
        name: "slow",
        model: |folder| spoilt(folder, Fault::IsSlow),
        is_ready: true,
        says: None,
        degrades: false,
        recovers: false,
    },
    Out {
        name: "endless",
        model: |folder| {
            let package = package::copy(folder, "package");
            package::never_ends(&package);
            package.to_str().unwrap().to_owned()
        },
        is_ready: true,
        says: None,
        degrades: false,
        recovers: false,
    },
];

impl Out {
    async fn check(&self, ward: &Ward, otherwise: Delays) -> Delays {
        let folder = tempfile::tempdir().unwrap();
        let model = (self.model)(folder.path());
        let mut line = Line::start(ward, self.name, &model, self.is_ready).await;
        line.send(CHUNKS).await;
        let delays = line.alarms().await;
        eprintln!("{}: {delays:?} ({} alarms)", self.name, line.expected().len());
        let is_soon = delays.p50 <= otherwise.p50 + MOST_LATER[0] && delays.p99 <= otherwise.p99 + MOST_LATER[1];
        assert!(is_soon, "{}: {delays:?}, else {otherwise:?}", self.name);

        if let Some(words) = self.says {
            line.heard.until(PATIENCE, "two readings are refused", |heard| heard.readings().0.len() >= 2).await;
            let (none, _) = line.heard.readings();
            let says_so = |remark: &String| remark.starts_with("reading not available: ") && remark.contains(words);
            assert!(none.iter().all(says_so), "{}: {none:?}", self.name);
        }
        if self.degrades {
            line.heard.until(PATIENCE, "DEGRADED is raised", |heard| heard.is_degraded("raised") > 0).await;
            let body = line.readyz(PATIENCE, 503).await;
            assert!(body.contains("model: "), "{}: {body}", self.name);
        } else {
            assert_eq!(line.heard.is_degraded("raised"), 0, "{}", self.name);
        }
        if self.recovers {
            package::mend(Path::new(&model));
            line.heard.until(RECOVERY_PATIENCE, "a window is read", |heard| !heard.readings().1.is_empty()).await;
            assert_eq!(line.readyz(PATIENCE, 200).await, "ready", "{}", self.name);
            line.send(MORE_CHUNKS).await;
            line.alarms().await;
            line.heard.until(PATIENCE, "DEGRADED is over", |heard| heard.is_degraded("cleared") > 0).await;
        }
        if self.name == "endless" {
            line.heard.until(RECOVERY_PATIENCE, "texts are cut", |heard| heard.readings().1.len() >= 5).await;
        }
        line.end().await;
        delays
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_the_same_and_as_soon_whatever_the_model_does() {
    if real_broker::bootstrap_servers().is_none() {
        return;
    }
    if let Err(error) = runtime::load(None) {
        assert!(std::env::var_os("CI").is_none(), "left out: {error}");
        eprintln!("left out: {error}");
        return;
    }
    let ward = ward();
    let mut line = Line::start(&ward, "none", "none", true).await;
    line.send(CHUNKS).await;
    let without = line.alarms().await;
    eprintln!("none: {without:?} ({} alarms)", line.expected().len());
    assert!(line.expected().len() >= 20, "enough alarms for a statement: {}", line.expected().len());
    line.end().await;

    let mut line = Line::start(&ward, "healthy", concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/package"), true).await;
    line.send(CHUNKS).await;
    let healthy = line.alarms().await;
    eprintln!("healthy: {healthy:?}");
    line.heard.until(PATIENCE, "windows are read", |heard| heard.readings().1.len() >= 5).await;
    line.end().await;
    let slowest = Delays { p50: without.p50.max(healthy.p50), p99: without.p99.max(healthy.p99) };
    for out in &OUT {
        out.check(&ward, slowest).await;
    }
}
