//! One run: patients, processes, faults, and what was said in the end.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::wire::waveform;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::consumer::{BaseConsumer, Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::checker::{Key, Verdict, check, check_state, is_timeless, key, never_said};
use crate::cluster::Cluster;
use crate::faults::{Fault, Kind, schedule};
use crate::line;
use crate::patients::{Patient, patients};
use crate::worker::{Worker, settings_file};

const BEDS: usize = 6;
const PARTITIONS: usize = 3;
const WORKERS: usize = 2;

/// How long after the last chunk the last alert may come. A process that stood still for 30 s may have had it.
const PATIENCE: Duration = Duration::from_secs(90);

/// What came of a run.
pub struct Outcome {
    pub kind: Kind,
    pub seed: u64,
    /// Whether the processes had names.
    pub have_names: bool,
    pub expected: usize,
    /// From the moment its chunk was sent to the moment the alert was read, each alert that was raised.
    pub delays_s: Vec<f64>,
    /// The same, from the moment the cluster was back, of alerts that fell into an outage.
    pub after_outage_s: Vec<f64>,
    pub verdict: Verdict,
    /// Alarms of high priority of which nothing was said at all.
    pub never_said: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { lost, extra, different, out_of_order, state, repeated } = &self.verdict;
        let worst_s = self.delays_s.iter().copied().fold(0.0, f64::max);
        write!(
            f,
            "seed {:>4} {:<16} {:>3} alerts due, {repeated} repeated, slowest {worst_s:.2} s",
            self.seed, self.kind, self.expected
        )?;
        if self.have_names {
            write!(f, ", named")?;
        }
        if !self.after_outage_s.is_empty() {
            let worst_s = self.after_outage_s.iter().copied().fold(0.0, f64::max);
            write!(f, ", {} in an outage, at most {worst_s:.2} s after it", self.after_outage_s.len())?;
        }
        let faults = [
            ("never said", &self.never_said),
            ("lost", lost),
            ("extra", extra),
            ("different", different),
            ("order", out_of_order),
            ("state", state),
        ];
        faults
            .iter()
            .flat_map(|(name, faults)| faults.iter().map(move |fault| (name, fault)))
            .try_for_each(|(name, fault)| write!(f, "\n    {}: {fault}", name.to_uppercase()))
    }
}

impl Outcome {
    pub fn json(&self) -> Value {
        json!({
            "kind": self.kind.to_string(), "seed": self.seed, "names": self.have_names, "alerts": self.expected, "delays_s": self.delays_s,
            "after_outage_s": self.after_outage_s, "lost": self.verdict.lost.len(), "extra": self.verdict.extra.len(),
            "different": self.verdict.different.len(), "out_of_order": self.verdict.out_of_order.len(),
            "state": self.verdict.state.len(), "repeated": self.verdict.repeated, "never_said": self.never_said.len(),
        })
    }
}

/// When the chunks of each bed were sent.
type Sent = Vec<Vec<Instant>>;

/// An alert, and when it was read.
struct Seen {
    alert: Value,
    at: Instant,
}

pub async fn run(cluster: &Arc<Cluster>, kind: Kind, seed: u64) -> Outcome {
    let beds = tokio::task::spawn_blocking(move || patients(BEDS, seed)).await.unwrap();
    let beds = Arc::new(beds);
    let kafka = line::settings(&cluster.bootstrap_servers(), &format!("chaos-{seed}"));
    let replicas = cluster.size().min(3) as i32;
    {
        // Topics are not made while another run has a broker away.
        let _all_there = cluster.away.lock().await;
        // A broker that has just come back may refuse for a moment.
        let started = Instant::now();
        while let Err(error) = ensure_topics(&kafka, PARTITIONS as i32, replicas, Duration::from_secs(20)).await {
            assert!(started.elapsed() < PATIENCE, "{error}");
        }
        cluster.settled(&kafka.topics.names()).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let have_names = crate::setting("GEMWATCH_CHAOS_NAMES", ChaCha8Rng::seed_from_u64(seed ^ 0x7a3e).random_bool(0.5));
    let mut workers = Workers::new(settings_file(folder.path(), &kafka), have_names);
    for _ in 0..WORKERS {
        workers.add();
    }
    share(&kafka).await;

    let due: Vec<Value> = beds.iter().flat_map(|bed| bed.due.iter().map(|(_, alert)| alert.clone())).collect();
    let wanted = due.iter().filter(|alert| is_timeless(alert)).map(key).collect();
    let (all_sent, is_all_sent) = watch::channel(None);
    let reading = tokio::spawn(read(kafka.clone(), wanted, is_all_sent));
    let speed = kind.speed();
    let seconds = beds.iter().map(|bed| bed.chunks.len()).max().unwrap_or(0) as f64 * 0.2 / speed;
    let feeding = tokio::spawn(feed(kafka.clone(), Arc::clone(&beds), speed));
    let outages = disturb(cluster, &kafka, kind, seed, seconds, &mut workers).await;

    let sent = feeding.await.unwrap();
    all_sent.send(Some(Instant::now())).unwrap();
    let seen = reading.await.unwrap();
    workers.all().iter_mut().for_each(Worker::assert_alive);
    for worker in workers.running.drain(..) {
        worker.end().await;
    }
    // What counts is what stands on the topics; the reader knows when it came.
    let alerts: Vec<Value> =
        all_of(&kafka, &kafka.topics.alerts).await.into_iter().filter_map(|(_, alert)| alert).collect();
    let mut verdict = check(&due, &alerts);
    let state = all_of(&kafka, &kafka.topics.alert_state).await.into_iter().collect();
    verdict.state = check_state(&due, &state);
    if !verdict.is_right() {
        eprintln!("seed {seed}: {verdict:#?}");
    }
    let (delays_s, after_outage_s) = delays(&beds, &sent, &seen, &outages);
    remove(&kafka).await;
    let never_said = never_said(&due, &alerts);
    Outcome { kind, seed, have_names, expected: due.len(), delays_s, after_outage_s, verdict, never_said }
}

/// The processes of a run.
struct Workers {
    settings: PathBuf,
    running: Vec<Worker>,
    started: usize,
    /// Whether they have names, and those that nobody has any more.
    have_names: bool,
    free_names: Vec<String>,
}

impl Workers {
    fn new(settings: PathBuf, have_names: bool) -> Workers {
        Workers { settings, running: Vec::new(), started: 0, have_names, free_names: Vec::new() }
    }

    /// One more, under the name of one that has ended if there is any, as a supervisor starts a program again.
    fn add(&mut self) {
        let new_name = || self.have_names.then(|| format!("worker-{}", self.started));
        let instance = self.free_names.pop().or_else(new_name);
        self.running.push(Worker::start(&self.settings, self.started, instance));
        self.started += 1;
    }

    /// One that is to be stopped, and goes on later.
    fn borrow(&mut self, random: &mut impl Rng) -> Worker {
        let index = random.random_range(0..self.running.len());
        self.running.swap_remove(index)
    }

    /// One that is to end. Its name is free.
    fn take(&mut self, random: &mut impl Rng) -> Worker {
        let worker = self.borrow(random);
        self.free_names.extend(worker.instance.clone());
        worker
    }

    fn all(&mut self) -> &mut [Worker] {
        &mut self.running
    }
}

/// Waits until the processes have shared the partitions among them.
async fn share(kafka: &KafkaSettings) {
    let started = Instant::now();
    loop {
        let kafka = kafka.clone();
        let shared = tokio::task::spawn_blocking(move || {
            let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create().unwrap();
            let groups = consumer.fetch_group_list(Some(&kafka.group), Duration::from_secs(5)).ok();
            groups.is_some_and(|groups| {
                let mut groups = groups.groups().iter();
                groups.any(|group| group.state() == "Stable" && group.members().len() == WORKERS)
            })
        });
        if shared.await.unwrap() {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "the processes do not share the partitions");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sends every chunk at its time. The client library sends again what a broker does not take.
async fn feed(kafka: KafkaSettings, beds: Arc<Vec<Patient>>, speed: f64) -> Sent {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", &kafka.brokers)
        .set("enable.idempotence", "true")
        .set("reconnect.backoff.max.ms", "1000")
        .set("linger.ms", "5")
        .set("compression.type", "zstd")
        .set("delivery.timeout.ms", "180000")
        .create()
        .unwrap();
    let mut sent: Sent = vec![Vec::new(); beds.len()];
    let mut acknowledgements = Vec::new();
    let begin = tokio::time::Instant::now();
    let longest = beds.iter().map(|bed| bed.chunks.len()).max().unwrap_or(0);
    for turn in 0..longest {
        tokio::time::sleep_until(begin + Duration::from_secs_f64(turn as f64 * 0.2 / speed)).await;
        for (number, bed) in beds.iter().enumerate() {
            let Some(chunk) = bed.chunks.get(turn) else { continue };
            let payload = waveform::encode(chunk);
            let record = FutureRecord::to(&kafka.topics.waveforms)
                .partition((number % PARTITIONS) as i32)
                .key(chunk.stream_id.as_str())
                .payload(&payload);
            sent[number].push(Instant::now());
            acknowledgements.push(producer.send_result(record).map_err(|(error, _)| error).unwrap());
        }
    }
    for acknowledgement in acknowledgements {
        acknowledgement.await.unwrap().map_err(|(error, _)| error).expect("the broker took every chunk");
    }
    sent
}

/// Lets happen what the seed has drawn; gives when no broker was there, and from when on they were all back.
async fn disturb(
    cluster: &Arc<Cluster>,
    kafka: &KafkaSettings,
    kind: Kind,
    seed: u64,
    seconds: f64,
    workers: &mut Workers,
) -> Vec<(Instant, Instant)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0xd157);
    let begin = tokio::time::Instant::now();
    let mut outages = Vec::new();
    let topics = [kafka.topics.waveforms.as_str(), kafka.topics.alerts.as_str(), kafka.topics.alert_state.as_str()];
    let pause = |seconds| tokio::time::sleep(Duration::from_secs_f64(seconds));
    for (at_s, fault) in schedule(kind, seed, seconds) {
        tokio::time::sleep_until(begin + Duration::from_secs_f64(at_s)).await;
        let node = random.random_range(0..cluster.size());
        match fault {
            Fault::KillWorker { after_s } => {
                workers.take(&mut random).kill();
                pause(after_s).await;
                workers.add();
            }
            Fault::StopWorker { for_s } => {
                let worker = workers.borrow(&mut random);
                worker.signal("-STOP");
                pause(for_s).await;
                worker.signal("-CONT");
                workers.running.push(worker);
            }
            Fault::ReplaceWorker { after_s } => {
                workers.take(&mut random).end().await;
                pause(after_s).await;
                workers.add();
            }
            Fault::AddWorker if workers.running.len() < 2 * WORKERS => workers.add(),
            Fault::AddWorker => workers.take(&mut random).end().await,
            Fault::KillBroker { for_s } => {
                let _away = cluster.away.lock().await;
                cluster.signal_node(node, "-KILL");
                cluster.node_ended(node).await;
                pause(for_s).await;
                cluster.start_node(node);
                cluster.settled(&topics).await;
            }
            Fault::RestartBroker => {
                let _away = cluster.away.lock().await;
                cluster.signal_node(node, "-TERM");
                cluster.node_ended(node).await;
                cluster.start_node(node);
                cluster.settled(&topics).await;
            }
            Fault::StopBroker { for_s } => {
                let _away = cluster.away.lock().await;
                cluster.signal_node(node, "-STOP");
                pause(for_s).await;
                cluster.signal_node(node, "-CONT");
                cluster.settled(&topics).await;
            }
            Fault::KillAllBrokers { for_s } => {
                let _away = cluster.away.lock().await;
                let down = Instant::now();
                for node in 0..cluster.size() {
                    cluster.signal_node(node, "-KILL");
                }
                for node in 0..cluster.size() {
                    cluster.node_ended(node).await;
                }
                pause(for_s).await;
                for node in 0..cluster.size() {
                    cluster.start_node(node);
                }
                cluster.settled(&topics).await;
                outages.push((down, Instant::now()));
            }
            Fault::AddPartitions => {
                let _all_there = cluster.away.lock().await;
                add_partitions(kafka).await;
                workers.add();
            }
            Fault::FillDisk { for_s } => {
                let _away = cluster.away.lock().await;
                let last = cluster.size() - 1;
                cluster.fill_disk();
                pause(for_s).await;
                cluster.empty_disk();
                // A broker that cannot write has ended by itself, or does when it is told.
                cluster.signal_node(last, "-KILL");
                cluster.node_ended(last).await;
                cluster.start_node(last);
                cluster.settled(&topics).await;
            }
        }
    }
    outages
}

async fn add_partitions(kafka: &KafkaSettings) {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create().unwrap();
    let more = NewPartitions::new(&kafka.topics.waveforms, PARTITIONS + 2);
    let answers = admin.create_partitions(&[more], &AdminOptions::new()).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

/// Reads the alerts until all that are wanted were seen, or until it takes too long after the last chunk.
async fn read(kafka: KafkaSettings, wanted: Vec<Key>, is_all_sent: watch::Receiver<Option<Instant>>) -> Vec<Seen> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &kafka.brokers)
        .set("group.id", format!("checker-of-{}", kafka.group))
        .set("auto.offset.reset", "earliest")
        .set("reconnect.backoff.max.ms", "1000")
        .create()
        .unwrap();
    consumer.subscribe(&[&kafka.topics.alerts]).unwrap();
    let mut wanted: std::collections::BTreeSet<Key> = wanted.into_iter().collect();
    let mut seen = Vec::new();
    let mut complete: Option<Instant> = None;
    loop {
        let sent = *is_all_sent.borrow();
        if sent.is_some_and(|sent| sent.elapsed() > PATIENCE) {
            return seen;
        }
        // A moment longer, for what should not come.
        if sent.is_some() && complete.is_some_and(|complete| complete.elapsed() > Duration::from_secs(2)) {
            return seen;
        }
        let Ok(message) = tokio::time::timeout(Duration::from_millis(200), consumer.recv()).await else { continue };
        let Ok(message) = message else { continue };
        let alert: Value = serde_json::from_slice(message.payload().unwrap_or_default()).unwrap();
        wanted.remove(&key(&alert));
        seen.push(Seen { alert, at: Instant::now() });
        if wanted.is_empty() && complete.is_none() {
            complete = Some(Instant::now());
        }
    }
}

/// All messages of a topic, in the order of each partition: key and value. No group is asked for: it may be moving.
async fn all_of(kafka: &KafkaSettings, topic: &str) -> Vec<(String, Option<Value>)> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &kafka.brokers)
        .set("group.id", "nobody")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_uncommitted")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS as i32 {
        partitions.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&partitions).unwrap();
    let (mut messages, mut ended) = (Vec::new(), std::collections::BTreeSet::new());
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while ended.len() < PARTITIONS {
        match tokio::time::timeout_at(deadline, consumer.recv()).await.expect("the topic can be read") {
            Ok(message) => {
                let key = String::from_utf8(message.key().unwrap_or_default().to_vec()).unwrap();
                messages.push((key, message.payload().map(|payload| serde_json::from_slice(payload).unwrap())));
            }
            Err(rdkafka::error::KafkaError::PartitionEOF(partition)) => {
                ended.insert(partition);
            }
            Err(_) => {}
        }
    }
    messages
}

/// Of each alert that was raised: how long after its chunk was sent it was first read, and how long after an outage.
fn delays(beds: &[Patient], sent: &Sent, seen: &[Seen], outages: &[(Instant, Instant)]) -> (Vec<f64>, Vec<f64>) {
    let mut first: BTreeMap<Key, Instant> = BTreeMap::new();
    for seen in seen {
        first.entry(key(&seen.alert)).or_insert(seen.at);
    }
    let (mut delays_s, mut after_outage_s) = (Vec::new(), Vec::new());
    for (bed, sent) in beds.iter().zip(sent) {
        for (chunk, alert) in bed.due.iter().filter(|(_, alert)| is_timeless(alert)) {
            let is_raised = alert["state"] == "raised" || alert["state"] == "escalated";
            let (true, Some(read)) = (is_raised, first.get(&key(alert))) else { continue };
            delays_s.push(read.duration_since(sent[*chunk]).as_secs_f64());
            let outage = outages.iter().find(|(down, back)| (*down..*back).contains(&sent[*chunk]));
            if let (Some((_, back)), true) = (outage, alert["priority"] == "high") {
                after_outage_s.push(read.saturating_duration_since(*back).as_secs_f64());
            }
        }
    }
    (delays_s, after_outage_s)
}

async fn remove(kafka: &KafkaSettings) {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create().unwrap();
    // Only to make room for the next run.
    let _ = admin.delete_topics(&kafka.topics.names(), &AdminOptions::new()).await;
}
