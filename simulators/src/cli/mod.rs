//! The command line of `bedside`.
//!
//! In: arguments. Out: messages on a topic, records in a folder, or JSON Lines on standard output.

#![expect(clippy::doc_markdown, reason = "the help is read on a terminal, without markup")]

mod parse;
mod truth;

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand, value_parser};
use simulators::{
    feed::{FeedSettings, Speed, feed},
    line::FaultCounts,
    record::{RecordedBed, annotate_waves, record, record_trial},
    scenario::{TrialBed, TrialCode, Ward, bench, trial, ward},
};

use parse::{parse_duration, parse_per_hour, parse_setting, parse_speed};

/// Simulated bedside monitors: 12-lead patients with known rhythms, fed to Kafka as gemwatch.v1.WaveformChunk or
/// recorded as WFDB records.
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Examples:
  Eight patients on a local broker; the first goes into asystole after 20 s:
    bedside kafka --brokers localhost:9092 --beds 8

  A scenario of your own, ten times as fast, five minutes of it:
    bedside kafka --brokers localhost:9092 --scenario ward.toml --speed 10 --duration 5m

  A minute of four patients as WFDB records, and the second one explained:
    bedside record --out ward --beds 4 --duration 60s
    gemwatch explain ward/bed-02 --image page.png

  What really happened, to score a monitor against:
    bedside truth --scenario ward.toml > truth.jsonl"
)]
pub struct Bedside {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Feed a Kafka topic until the duration is over or Ctrl-C.
    ///
    /// Every message is a stretch of one patient's ECG in Protobuf; its key is the stream id, its headers are those of
    /// CloudEvents.
    /// The ECG begins at the time of the start and, with --speed 1, keeps step with the clock.
    /// A scenario may ask for a bad line: late, lost, repeated and reordered chunks, dead lines, wrong clocks
    /// (simulators/scenarios/line.toml).
    /// Exits with 1 when the broker takes nothing for 30 seconds.
    Kafka(KafkaArgs),
    /// Write every patient as a WFDB record: NAME.hea, NAME.dat and the truth in NAME.atr.
    ///
    /// NAME is the stream id, with _ for all but letters, digits, - and _.
    /// All records begin when the ward does; leads off and silence are stored as "no sample".
    /// NAME.atr has the beats (N, V, and / for paced ones) at their R peaks and the changes of rhythm: (N, (AFIB, (VT, (VF,
    /// (ASYS and others of the MIT-BIH databases. Where a pacemaker was at work, NAME.pace has each of its pulses as ^.
    /// Records of the same names are replaced. The same seed always gives the same bytes.
    #[command(after_help = "\
Examples:
  A minute of four patients, and the second one explained:
    bedside record --out ward --beds 4 --duration 60s
    gemwatch explain ward/bed-02 --image page.png

  A scenario of your own, five minutes of it:
    bedside record --out ward --scenario ward.toml --duration 5m")]
    Record(RecordArgs),
    /// Write patients with one episode each, to count what an alarm finds, misses and invents.
    ///
    /// Each patient has 35 to 50 s of sinus rhythm (of pacing for PNC and PNP; longer for STDEV and QTC), one episode clearly
    /// inside the definition of the alarm, and 20 s of what was before; hearts, leads, sampling rates and noise (none to 6 dB) differ.
    /// Each is a WFDB record CODE-NNN as `bedside record` writes it; comments in its header say what is due and when, in
    /// seconds: "alarm: VTAC", "onset_s: 37.200", "end_s: 52.000", and which others are true then, "also_true: HRHI"; or
    /// "alarm: none".
    #[command(after_help = "\
Alarms:
  ASYS VFIB VTAC XTACHY XBRADY VBRADY HRHI HRLO NSVT VRHY RUN PAUSE AFIB PVCM CPLT BIGEM TRIGEM RONT MULTI SVT MISS
  PNC PNP LEADS NOISE1 NOISE2 STDEV QTC, or stable

Examples:
  Two hundred ventricular tachycardias:
    bedside trial --alarm VTAC --episodes 200 --seed 1 --out vtac

  A hundred stable patients who move, to count false alarms:
    bedside trial --alarm stable --episodes 100 --disturbances-per-hour 30 --out stable")]
    Trial(TrialArgs),
    /// Write the waveforms of the test bench, to time alarms after IEC 60601-2-27.
    ///
    /// Ventricular tachycardia of 206 a minute and 1 mV from peak to peak (figure 4a) and of 195 a minute and 2 mV (figure
    /// 4b), each at half, once and twice its amplitude; steps of the heart rate from 80 to 120 and from 80 to 40 a minute,
    /// and standstill. Each five times. Lead II without noise; before and after, 80 a minute.
    /// The headers say what is due as those of `bedside trial` do. The steps ask for limits of 100 and 60 a minute: "limits:
    /// high heart rate 100 a minute".
    #[command(after_help = "\
Example:
  The bench, and how long each alarm took:
    bedside bench --out bench
    gemwatch validate alarms bench --list")]
    Bench(BenchArgs),
    /// Print what happens to every patient as JSON Lines: beats, rhythms, leads off, disturbances, silence.
    ///
    /// Times are in seconds from the begin of the ward. A line has "kind": "beat" (time_s is the R peak, label N, V or /;
    /// begin and end of P, QRS and T; st_mv is the level 60 ms after QRS in I, II, III, aVR, aVL, aVF and V1 to V6),
    /// "pulse" (of a pacemaker), "rhythm", "condition", "lead-off", "disturbance" or "silence". The same seed always gives the same truth.
    Truth(TruthArgs),
}

#[derive(Args)]
struct WardArgs {
    /// A scenario file in TOML; simulators/scenarios/ward.toml shows every key, rhythms.toml and conditions.toml every
    /// rhythm and condition.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["beds", "seed"])]
    scenario: Option<PathBuf>,
    /// Beds of the built-in ward, used without --scenario.
    #[arg(long, default_value_t = 4, value_parser = value_parser!(u16).range(1..=Ward::MAX_BEDS as i64))]
    beds: u16,
    /// Seed of the built-in ward.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl WardArgs {
    fn ward(&self) -> anyhow::Result<Ward> {
        // No context here: the exit status is told by the kind of error.
        Ok(self.scenario.as_deref().map_or_else(|| Ok(ward(self.beds.into(), self.seed)), Ward::from_file)?)
    }
}

#[derive(Args)]
struct KafkaArgs {
    #[command(flatten)]
    ward: WardArgs,
    /// Brokers to begin with, commas between.
    #[arg(long, value_name = "HOST:PORT", env = "BEDSIDE_BROKERS")]
    brokers: String,
    /// The topic to feed.
    #[arg(long, default_value = "ecg.waveforms")]
    topic: String,
    /// How many times as fast as the clock, or "max" for as fast as the broker takes it.
    #[arg(long, default_value = "1", value_parser = parse_speed)]
    speed: Speed,
    /// How much of the patients' time to send, such as 60s or 5m; without end if left out.
    #[arg(long, value_parser = parse_duration)]
    duration: Option<Duration>,
    /// The source named in the CloudEvents headers.
    #[arg(long, default_value = "/bedside")]
    source: String,
    /// A setting of librdkafka, such as security.protocol=SSL; may be given again.
    #[arg(short = 'X', long = "client", value_name = "KEY=VALUE", value_parser = parse_setting)]
    client: Vec<(String, String)>,
}

#[derive(Args)]
struct RecordArgs {
    #[command(flatten)]
    ward: WardArgs,
    /// The folder for the records; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How much of the ward's time, such as 60s or 5m; at most 24h.
    #[arg(long, default_value = "60s", value_parser = parse_duration)]
    duration: Duration,
    /// Mark begin, peak and end of every wave, too: an annotator for each lead, such as NAME.ii, in the manner of LUDB.
    #[arg(long)]
    waves: bool,
}

#[derive(Args)]
struct BenchArgs {
    /// Another seed gives other hearts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for the records; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Args)]
struct TrialArgs {
    /// The alarm that is due, or stable.
    #[arg(long, value_name = "CODE")]
    alarm: TrialCode,
    /// How many patients.
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u16).range(1..))]
    episodes: u16,
    /// Motion, muscle, mains hum, saturation and electrodes off: how many an hour in each patient.
    #[arg(long, value_name = "COUNT", default_value_t = 0.0, value_parser = parse_per_hour)]
    disturbances_per_hour: f64,
    /// Another seed gives other patients.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Mark begin, peak and end of every wave, too: an annotator for each lead, such as CODE-NNN.ii, in the manner of LUDB.
    #[arg(long)]
    waves: bool,
    /// The folder for the records; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Args)]
struct TruthArgs {
    #[command(flatten)]
    ward: WardArgs,
    /// How much of the ward's time; one pass of each patient's script if left out.
    #[arg(long, value_parser = parse_duration)]
    duration: Option<Duration>,
}

/// Does what the arguments ask for.
pub fn run(arguments: Bedside) -> anyhow::Result<()> {
    match arguments.command {
        Command::Kafka(arguments) => feed_kafka(arguments),
        Command::Record(arguments) => record_ward(&arguments),
        Command::Trial(arguments) => {
            let TrialArgs { alarm, episodes, disturbances_per_hour, seed, waves, .. } = arguments;
            record_trials(&trial(alarm, episodes.into(), seed, disturbances_per_hour), waves, &arguments.out)
        }
        Command::Bench(arguments) => record_trials(&bench(arguments.seed), false, &arguments.out),
        Command::Truth(arguments) => {
            let ward = arguments.ward.ward()?;
            let mut out = BufWriter::new(io::stdout().lock());
            match truth::write(&ward, arguments.duration, &mut out).and_then(|()| out.flush()) {
                // The reader has seen enough (`bedside truth | head`).
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written.context("cannot write the truth"),
            }
        }
    }
}

fn record_ward(arguments: &RecordArgs) -> anyhow::Result<()> {
    let ward = arguments.ward.ward()?;
    let recorded = record(&ward, arguments.duration, &arguments.out)?;
    for (bed, recorded) in ward.beds.iter().zip(&recorded) {
        if arguments.waves {
            annotate_waves(bed, arguments.duration, &recorded.path)?;
        }
        tell(recorded);
    }
    Ok(())
}

fn record_trials(trials: &[TrialBed], waves: bool, folder: &Path) -> anyhow::Result<()> {
    for trial in trials {
        let recorded = record_trial(trial, folder)?;
        if waves {
            annotate_waves(&trial.bed, Duration::from_secs_f64(trial.seconds), &recorded.path)?;
        }
        tell(&recorded);
    }
    Ok(())
}

fn tell(bed: &RecordedBed) {
    match bed.clipped {
        0 => eprintln!("bedside: {}", bed.path.display()),
        clipped => eprintln!("bedside: {} ({clipped} samples clipped to ±32.767 mV)", bed.path.display()),
    }
}

fn feed_kafka(arguments: KafkaArgs) -> anyhow::Result<()> {
    let ward = arguments.ward.ward()?;
    let settings = FeedSettings {
        topic: arguments.topic,
        speed: arguments.speed,
        duration: arguments.duration,
        source: arguments.source,
        client: arguments.client,
        ..FeedSettings::new(arguments.brokers)
    };
    let beds = ward.beds.len();
    eprintln!("bedside: {beds} beds on {} at {}; Ctrl-C ends", settings.topic, settings.brokers);
    let start_unix_ns = i64::try_from(jiff::Timestamp::now().as_nanosecond()).context("the clock is out of range")?;
    let interrupted = async {
        // Without a signal handler the process just ends at Ctrl-C.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let report = runtime.block_on(feed(&ward, &settings, start_unix_ns, interrupted))?;
    eprintln!("bedside: {} chunks ({} bytes) sent and acknowledged", report.chunks, report.bytes);
    if report.faults != FaultCounts::default() {
        let FaultCounts { lost, repeated, reordered, late } = report.faults;
        eprintln!("bedside: on the lines {lost} lost, {repeated} repeated, {reordered} reordered, {late} late");
    }
    Ok(())
}
