//! A Kafka cluster whose brokers can be killed, stopped and started again. Every node is broker and controller.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::sync::Mutex;

use crate::faults::Kind;

/// How long a cluster may take until every partition has its leader again.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long a broker may take to end in good order before it is killed.
const GOOD_ORDER: Duration = Duration::from_secs(30);

/// The disk of the last node, where it can be filled.
const DISK: &str = "size=700m";

/// Some nodes.
pub struct Cluster {
    folder: tempfile::TempDir,
    jars: PathBuf,
    nodes: Vec<Node>,
    /// Held while a broker is away, or is looked after: with two of three away nobody could tell what was tested.
    pub away: Mutex<()>,
    has_small_disk: bool,
}

struct Node {
    port: u16,
    settings: PathBuf,
    process: std::sync::Mutex<Option<Process>>,
}

/// A shell that has a broker as its child, and kills it when its standard input ends: also when the tests end.
struct Process {
    shell: Child,
    broker: String,
}

impl Cluster {
    /// Starts as many brokers. `None`, said aloud, where there is no Java or no Maven; with `CI` set, a failure.
    pub async fn start(count: usize) -> Option<Cluster> {
        let fetched = Command::new("bash")
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka/broker.sh"), "fetch"])
            .output()
            .expect("bash starts");
        if !fetched.status.success() {
            let why = String::from_utf8_lossy(&fetched.stderr).into_owned();
            assert!(std::env::var_os("CI").is_none(), "no broker: {why}");
            eprintln!("left out: no Java/Maven: {why}");
            return None;
        }
        let jars = PathBuf::from(String::from_utf8(fetched.stdout).expect("a path").trim());
        let folder = tempfile::tempdir().unwrap();
        let has_small_disk = count > 1 && mount(&folder.path().join(format!("data-{count}")));
        let ports = free_ports(2 * count);
        let ports: Vec<(u16, u16)> = ports.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        let voters: Vec<String> = ports
            .iter()
            .enumerate()
            .map(|(index, (_, controller))| format!("{}@127.0.0.1:{controller}", index + 1))
            .collect();
        let nodes = ports.iter().enumerate().map(|(index, (port, controller))| {
            let settings = folder.path().join(format!("node-{}.properties", index + 1));
            fs::write(&settings, properties(index + 1, count, *port, *controller, &voters, folder.path())).unwrap();
            Node { port: *port, settings, process: std::sync::Mutex::default() }
        });
        let cluster = Cluster { nodes: nodes.collect(), folder, jars, away: Mutex::new(()), has_small_disk };
        for node in &cluster.nodes {
            cluster.format(node);
        }
        for index in 0..count {
            cluster.start_node(index);
        }
        cluster.settled(&[]).await;
        eprintln!("{count} brokers; a disk that can be full: {has_small_disk}");
        Some(cluster)
    }

    /// Can it suffer such faults?
    pub fn can(&self, kind: Kind) -> bool {
        match kind {
            Kind::DiskFull => self.has_small_disk,
            Kind::BrokerKilled | Kind::LeadersMove | Kind::BrokerStopped => self.nodes.len() > 2,
            _ => true,
        }
    }

    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    pub fn bootstrap_servers(&self) -> String {
        self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect::<Vec<_>>().join(",")
    }

    fn java(&self) -> Command {
        let mut command = Command::new("java");
        command.args(["-Xms96m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]);
        let log = concat!("-Dlog4j2.configurationFile=", env!("CARGO_MANIFEST_DIR"), "/tests/kafka/log4j2.properties");
        command.arg(log).arg("-cp").arg(format!("{}/*", self.jars.display()));
        command
    }

    fn format(&self, node: &Node) {
        let output = self
            .java()
            .args(["kafka.tools.StorageTool", "format", "--cluster-id", "Q2hhb3NDbHVzdGVyMDAwMA", "--config"])
            .arg(&node.settings)
            .output()
            .expect("java starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts a node that is not running.
    pub fn start_node(&self, index: usize) {
        let node = &self.nodes[index];
        let log = fs::File::options().create(true).append(true).open(node.settings.with_extension("log")).unwrap();
        let java = self.java();
        let mut shell = Command::new("bash")
            .args(["-c", "\"$@\" </dev/null >&2 & echo $!; cat >/dev/null; kill -KILL $! 2>/dev/null", "broker"])
            .arg(java.get_program())
            .args(java.get_args())
            .arg("kafka.Kafka")
            .arg(&node.settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("bash starts");
        let mut broker = String::new();
        BufReader::new(shell.stdout.take().expect("piped")).read_line(&mut broker).expect("a process id");
        *node.process.lock().unwrap() = Some(Process { shell, broker: broker.trim().to_owned() });
    }

    /// Sends a signal to a node.
    pub fn signal_node(&self, index: usize, signal: &str) {
        if let Some(process) = &*self.nodes[index].process.lock().unwrap() {
            // Fails if it has ended by itself.
            let _ = Command::new("kill").args([signal, &process.broker]).stderr(Stdio::null()).status();
        }
    }

    /// Waits for the end of a node that was told to end.
    pub async fn node_ended(&self, index: usize) {
        let process = self.nodes[index].process.lock().unwrap().take();
        let Some(mut process) = process else { return };
        let started = Instant::now();
        while is_running(&process.broker) {
            if started.elapsed() > GOOD_ORDER {
                eprintln!("broker {} does not end by itself and is killed", index + 1);
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(process.shell.stdin.take());
        let _ = process.shell.wait();
    }

    /// Starts again what a run that broke off left dead or stopped, and a broker that could not start.
    fn mend(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            let process = node.process.lock().unwrap().take_if(|process| !is_running(&process.broker));
            if let Some(mut process) = process {
                drop(process.shell.stdin.take());
                let _ = process.shell.wait();
            }
            if node.process.lock().unwrap().is_some() {
                self.signal_node(index, "-CONT");
            } else {
                eprintln!("broker {} is started once more", index + 1);
                self.start_node(index);
            }
        }
    }

    /// Waits until every broker is there, and every partition of these topics has its leader. Whoever asks holds
    /// [`Cluster::away`].
    pub async fn settled(&self, topics: &[&str]) {
        let (brokers, count) = (self.bootstrap_servers(), self.nodes.len());
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let started = Instant::now();
        loop {
            self.mend();
            let (brokers, topics) = (brokers.clone(), topics.clone());
            let settled = tokio::task::spawn_blocking(move || is_settled(&brokers, count, &topics)).await.unwrap();
            if settled {
                return;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "the cluster does not settle; logs in {}",
                self.folder.path().display()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Leaves no room on the disk of the last node.
    pub fn fill_disk(&self) {
        let filler = self.filler();
        // It ends with an error: there is no room left.
        let _ = Command::new("dd")
            .args(["if=/dev/zero", "bs=1M", &format!("of={}", filler.display())])
            .stderr(Stdio::null())
            .status();
    }

    /// Makes room again.
    pub fn empty_disk(&self) {
        let _ = fs::remove_file(self.filler());
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join(format!("data-{}", self.nodes.len())).join("filler")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for (index, node) in self.nodes.iter().enumerate() {
            self.signal_node(index, "-KILL");
            if let Some(mut process) = node.process.lock().unwrap().take() {
                drop(process.shell.stdin.take());
                let _ = process.shell.wait();
            }
        }
        if self.has_small_disk {
            let disk = self.folder.path().join(format!("data-{}", self.nodes.len()));
            let _ = Command::new("umount").arg("-l").arg(disk).status();
        }
    }
}

fn properties(id: usize, count: usize, port: u16, controller: u16, voters: &[String], folder: &Path) -> String {
    let replicas = count.min(3);
    let in_sync = if count > 2 { 2 } else { 1 };
    let data = folder.join(format!("data-{id}")).join("log");
    format!(
        "process.roles=broker,controller
node.id={id}
controller.quorum.voters={}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
log.dirs={}
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=3
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
controlled.shutdown.enable=true
log.segment.bytes=16777216
log.segment.delete.delay.ms=1000
",
        voters.join(","),
        data.display()
    )
}

fn is_settled(brokers: &str, count: usize, topics: &[String]) -> bool {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let Ok(metadata) = consumer.fetch_metadata(None, Duration::from_secs(5)) else { return false };
    metadata.brokers().len() == count
        && topics.iter().all(|name| {
            let topic = metadata.topics().iter().find(|topic| topic.name() == name);
            topic.is_some_and(|topic| {
                !topic.partitions().is_empty()
                    && topic
                        .partitions()
                        .iter()
                        .all(|partition| partition.leader() >= 0 && partition.isr().len() == count.min(3))
            })
        })
}

fn is_running(process: &str) -> bool {
    // A process that has ended stays as a zombie until its shell has waited for it.
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Different ports below those that the system gives to clients: one of these would get the port of a broker that is away, or, if
/// it looks for this broker, speak to itself on it.
fn free_ports(count: usize) -> Vec<u16> {
    // Held until all are found, so that none is found twice.
    let held = std::iter::repeat_with(|| rand::random_range(20_000..32_000)).take(1000);
    let held: Vec<TcpListener> =
        held.filter_map(|port: u16| TcpListener::bind(("127.0.0.1", port)).ok()).take(count).collect();
    assert_eq!(held.len(), count, "a thousand ports are not all taken");
    held.iter().map(|port| port.local_addr().unwrap().port()).collect()
}

/// A small disk in memory, where this user may make one.
fn mount(folder: &Path) -> bool {
    fs::create_dir_all(folder).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "gemwatch-chaos"]).arg(folder).output();
    mounted.is_ok_and(|output| output.status.success())
}
