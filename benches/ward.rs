//! A whole ward on one machine: a real broker, simulated bedside monitors at the speed of life, and gemwatch; what it costs, how
//! late its alarms are, and whether it grows.
//!
//!     cargo bench --bench ward -- --beds 300 --minutes 3
//!     cargo bench --bench ward -- --beds 1000 --minutes 60 --out soak
//!     cargo bench --bench ward -- --beds 60 --minutes 3 --model shipped --round-s 10
//!
//! Every bed has twelve leads at 500 Hz in chunks of 100 ms, and an alarm every minute or so. The delay of an alert is the time
//! from the moment of data at which its criterion was met to the moment a consumer has read it: the rest of the chunk, the broker
//! twice, and gemwatch. Every five seconds a line goes to OUT.csv; OUT.svg is the picture of it. Needs Java 17 and Maven; Linux, for
//! /proc.

#[path = "ward/patients.rs"]
mod patients;
#[path = "ward/plot.rs"]
mod plot;
#[path = "ward/processes.rs"]
mod processes;
#[path = "../tests/kafka/real_broker.rs"]
mod real_broker;

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use gemwatch::broker::{KafkaSettings, ensure_topics};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use serde_json::Value;
use simulators::feed::{FeedSettings, feed};
use tokio::sync::mpsc;

use plot::Panel;
use processes::Usage;

const PARTITIONS: i32 = 4;
const EVERY: Duration = Duration::from_secs(5);

/// So long the first beds fill their buffers and the model loads: it does not count.
const WARM_UP_S: f64 = 30.0;

/// Monitors on a network of their own need not compress; chunks wait a little for company.
const MONITORS: [(&str, &str); 2] = [("compression.type", "none"), ("linger.ms", "20")];

#[derive(Parser)]
struct Settings {
    /// Beds
    #[arg(long, default_value_t = 300)]
    beds: usize,
    /// How long
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
    /// What gemwatch does: all, or monitor for the alarm path alone
    #[arg(long, default_value = "all")]
    role: String,
    /// Who reads: none, shipped, or a folder
    #[arg(long, default_value = "none")]
    model: String,
    /// Seconds between the rounds of a bed
    #[arg(long, default_value_t = 0.0)]
    round_s: f64,
    /// What happens to the patients
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// OUT.csv and OUT.svg
    #[arg(long, default_value = "ward")]
    out: PathBuf,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a consumer has read: how late it was.
#[derive(Clone, Copy)]
enum Late {
    Alert(f64),
    Vitals(f64),
}

/// Five seconds.
#[derive(Clone, Default)]
struct Row {
    minutes: f64,
    gemwatch_cores: f64,
    broker_cores: f64,
    bench_cores: f64,
    resident_mib: f64,
    alerts: usize,
    vitals: usize,
    vitals_p50_ms: f64,
    vitals_p99_ms: f64,
    alerts_most_ms: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::parse();
    let Some(brokers) = real_broker::bootstrap_servers() else { return Ok(()) };
    tokio::runtime::Runtime::new()?.block_on(run(&settings, brokers))
}

async fn run(settings: &Settings, brokers: &str) -> Result<(), Box<dyn Error>> {
    let kafka = KafkaSettings { brokers: brokers.to_owned(), ..KafkaSettings::default() };
    make_topics(&kafka).await?;
    let folder = tempfile::tempdir()?;
    let (mut gemwatch, metrics) = start(settings, &kafka, folder.path())?;
    let (late, mut arrived) = mpsc::unbounded_channel();
    tokio::spawn(read(kafka.clone(), late));

    let ward = patients::ward(settings.beds, settings.seed);
    let duration = Duration::from_secs_f64(settings.minutes * 60.0);
    let client = MONITORS.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let topic = kafka.topics.waveforms.clone();
    let feeding = FeedSettings { topic, duration: Some(duration), client, ..FeedSettings::new(brokers) };
    let start_ns = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
    let fed = tokio::spawn(async move { feed(&ward, &feeding, start_ns, std::future::pending()).await });

    let mut csv = File::create(settings.out.with_extension("csv"))?;
    writeln!(
        csv,
        "minutes,gemwatch_cores,broker_cores,bench_cores,resident_mib,alerts,vitals,vitals_p50_ms,vitals_p99_ms,alerts_most_ms"
    )?;
    let (mut rows, mut alerts_ms, mut vitals_ms) = (Vec::new(), Vec::new(), Vec::new());
    let begin = Instant::now();
    let mut before = Usage::of(gemwatch.id());
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + EVERY, EVERY);
    while !fed.is_finished() {
        tick.tick().await;
        let usage = Usage::of(gemwatch.id());
        let (mut alerts, mut vitals) = (Vec::new(), Vec::new());
        while let Ok(late) = arrived.try_recv() {
            match late {
                Late::Alert(late_ms) => alerts.push(late_ms),
                Late::Vitals(late_ms) => vitals.push(late_ms),
            }
        }
        let row = row(begin.elapsed(), &usage, &before, &mut alerts, &mut vitals);
        let Row { minutes, gemwatch_cores, broker_cores, bench_cores, resident_mib, .. } = row;
        writeln!(
            csv,
            "{minutes:.3},{gemwatch_cores:.3},{broker_cores:.3},{bench_cores:.3},{resident_mib:.1},{},{},{:.1},{:.1},{:.1}",
            row.alerts, row.vitals, row.vitals_p50_ms, row.vitals_p99_ms, row.alerts_most_ms
        )?;
        if begin.elapsed().as_secs_f64() > WARM_UP_S {
            alerts_ms.append(&mut alerts);
            vitals_ms.append(&mut vitals);
            rows.push(row);
        }
        before = usage;
    }
    fed.await??;
    let counters = counters(&metrics).await;
    Command::new("kill").args(["-TERM", &gemwatch.id().to_string()]).status()?;
    let ended = gemwatch.wait()?;
    report(settings, &rows, &mut alerts_ms, &mut vitals_ms);
    println!("{counters}\nended with {ended}");
    fs::write(settings.out.with_extension("svg"), picture(settings, &rows))?;
    println!("{}, {}", settings.out.with_extension("csv").display(), settings.out.with_extension("svg").display());
    Ok(())
}

/// An hour of a ward is more than a disk has room for: what was read is soon deleted.
async fn make_topics(kafka: &KafkaSettings) -> Result<(), Box<dyn Error>> {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create()?;
    let short = |name| {
        let topic = NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(1));
        topic.set("retention.bytes", "134217728").set("segment.bytes", "33554432")
    };
    let topics = [short(&kafka.topics.waveforms), short(&kafka.topics.vitals)];
    admin.create_topics(&topics, &AdminOptions::new()).await?;
    ensure_topics(kafka, PARTITIONS, 1, Duration::from_mins(1)).await?;
    Ok(())
}

/// Starts gemwatch (`GEMWATCH_BIN`, else the one of this build); gives it and the address of its metrics.
fn start(settings: &Settings, kafka: &KafkaSettings, folder: &Path) -> Result<(Child, String), Box<dyn Error>> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let file = folder.join("ward.toml");
    let text = format!(
        "[kafka]\nbrokers = {:?}\n[readings]\nmodel = {:?}\nround_s = {:?}\n[http]\nlisten = \"{address}\"\n",
        kafka.brokers, settings.model, settings.round_s
    );
    fs::write(&file, text)?;
    let program = std::env::var_os("GEMWATCH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_gemwatch").into());
    let log = File::create(settings.out.with_extension("log"))?;
    let child = Command::new(program)
        .args(["run", "--role", &settings.role, "--config"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok((child, format!("http://{address}/metrics")))
}

/// Reads alerts and vital signs, and says how late each is.
async fn read(kafka: KafkaSettings, late: mpsc::UnboundedSender<Late>) {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &kafka.brokers)
        .set("group.id", "bench")
        .set("auto.offset.reset", "earliest")
        .set("fetch.min.bytes", "8192")
        .set("fetch.wait.max.ms", "10")
        .create()
        .expect("a consumer can be made");
    consumer.subscribe(&[&kafka.topics.alerts, &kafka.topics.vitals]).expect("topics can be subscribed to");
    loop {
        let Ok(message) = consumer.recv().await else { continue };
        let Ok(value) = serde_json::from_slice::<Value>(message.payload().unwrap_or_default()) else { continue };
        let since = |name: &str| {
            let at: jiff::Timestamp = value[name].as_str()?.parse().ok()?;
            Some((jiff::Timestamp::now().as_nanosecond() - at.as_nanosecond()) as f64 / 1e6)
        };
        let word = if message.topic() == kafka.topics.vitals {
            since("time").map(Late::Vitals)
        } else {
            let is_raised = value["state"] == "raised" || value["state"] == "escalated";
            since("raised_at").filter(|_| is_raised && value["priority"] != "technical").map(Late::Alert)
        };
        if word.is_some_and(|word| late.send(word).is_err()) {
            return;
        }
    }
}

fn row(at: Duration, usage: &Usage, before: &Usage, alerts: &mut [f64], vitals: &mut [f64]) -> Row {
    let seconds = usage.at.duration_since(before.at).as_secs_f64();
    Row {
        minutes: at.as_secs_f64() / 60.0,
        gemwatch_cores: (usage.gemwatch_s - before.gemwatch_s) / seconds,
        broker_cores: (usage.broker_s - before.broker_s) / seconds,
        bench_cores: (usage.bench_s - before.bench_s) / seconds,
        resident_mib: usage.resident_mib,
        alerts: alerts.len(),
        vitals: vitals.len(),
        vitals_p50_ms: quantile(vitals, 0.5),
        vitals_p99_ms: quantile(vitals, 0.99),
        alerts_most_ms: quantile(alerts, 1.0),
    }
}

/// 0 of nothing.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    values.get((share * last).round() as usize).copied().unwrap_or_default()
}

/// What was counted, of what matters when there is too much of it.
async fn counters(url: &str) -> String {
    let url = url.to_owned();
    let page = tokio::task::spawn_blocking(move || {
        ureq::get(&url).call().ok().and_then(|mut answer| answer.body_mut().read_to_string().ok())
    });
    let page = page.await.ok().flatten().unwrap_or_default();
    let names =
        ["chunks_", "readings_", "reading_duration_seconds_count", "alerts_published", "stalls", "publish_failures"];
    let wanted =
        |line: &&str| !line.ends_with(" 0") && names.iter().any(|name| line.starts_with(&format!("gemwatch_{name}")));
    page.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}

fn report(settings: &Settings, rows: &[Row], alerts_ms: &mut [f64], vitals_ms: &mut [f64]) {
    let mean = |value: fn(&Row) -> f64| rows.iter().map(value).sum::<f64>() / rows.len().max(1) as f64;
    let cores = mean(|row| row.gemwatch_cores);
    println!(
        "{} beds for {:.1} minutes: gemwatch {cores:.2} cores ({:.2} ms CPU a second and bed), broker {:.2}, monitors and readers {:.2}",
        settings.beds,
        settings.minutes,
        1000.0 * cores / settings.beds as f64,
        mean(|row| row.broker_cores),
        mean(|row| row.bench_cores)
    );
    for (name, late_ms) in [("alerts", alerts_ms), ("vital signs", vitals_ms)] {
        println!(
            "{} {name}: p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms, most {:.0} ms after their moment of data",
            late_ms.len(),
            quantile(late_ms, 0.5),
            quantile(late_ms, 0.95),
            quantile(late_ms, 0.99),
            quantile(late_ms, 1.0)
        );
    }
    let (slope, at_the_end) = (slope(rows), rows.last().map_or(0.0, |row| row.resident_mib));
    println!(
        "memory: {at_the_end:.0} MiB at the end, {:.0} KiB a bed; {slope:+.2} MiB an hour over the second half",
        1024.0 * at_the_end / settings.beds as f64
    );
}

/// By least squares over the second half, in MiB an hour.
fn slope(rows: &[Row]) -> f64 {
    let half = &rows[rows.len() / 2..];
    let count = half.len().max(1) as f64;
    let (x, y) = half.iter().fold((0.0, 0.0), |(x, y), row| (x + row.minutes / count, y + row.resident_mib / count));
    let (over, under) = half.iter().fold((0.0, 0.0), |(over, under), row| {
        (over + (row.minutes - x) * (row.resident_mib - y), under + (row.minutes - x).powi(2))
    });
    if under > 0.0 { 60.0 * over / under } else { 0.0 }
}

fn picture(settings: &Settings, rows: &[Row]) -> String {
    let line = |value: fn(&Row) -> f64| rows.iter().map(|row| (row.minutes, value(row))).collect::<Vec<_>>();
    let panels = [
        Panel { title: "memory of gemwatch, MiB", lines: vec![("resident", line(|row| row.resident_mib))] },
        Panel {
            title: "processor, cores",
            lines: vec![
                ("gemwatch", line(|row| row.gemwatch_cores)),
                ("broker", line(|row| row.broker_cores)),
                ("monitors and readers", line(|row| row.bench_cores)),
            ],
        },
        Panel {
            title: "vital signs, ms after their second",
            lines: vec![("p50", line(|row| row.vitals_p50_ms)), ("p99", line(|row| row.vitals_p99_ms))],
        },
        Panel {
            title: "slowest alert, ms after its criterion",
            lines: vec![("slowest", line(|row| row.alerts_most_ms))],
        },
    ];
    plot::svg(&format!("{} beds, twelve leads at 500 Hz", settings.beds), "minutes", &panels)
}
