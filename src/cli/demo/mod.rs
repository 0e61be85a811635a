//! `gemwatch demo`: a simulated ward, an embedded broker and the service, in one process and without set-up.

mod screen;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anstream::println;
use anyhow::{Context, bail};
use clap::Args;
use simulators::feed::{FeedSettings, feed};
use simulators::rhythm::Rhythm;
use simulators::scenario;

use super::board::{self, BoardObserver};
use super::failure::{BadInput, Failure};
use super::model::interpreter_settings;
use super::shutdown::{self, Shutdown};
use gemwatch::alarm::AlarmCode;
use gemwatch::bed::BedSettings;
use gemwatch::broker::{EmbeddedBroker, KafkaSettings};
use gemwatch::config::Config;
use gemwatch::ecg::Time;
use gemwatch::http::{self, Listen};
use gemwatch::pipeline::service::{Input, Readings, ServiceSettings, serve};
use gemwatch::telemetry::Readiness;
use screen::Screen;

/// A simulated ward, watched: no broker, no model and no settings needed
///
/// Simulated bedside monitors feed an embedded Kafka broker; gemwatch watches the beds as it would those of a hospital.
/// The patient in the first bed goes into asystole after 20 s and comes back 12 s later.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch demo                           four beds for a minute
  gemwatch demo --beds 16 --duration 5m   a larger ward for longer")]
pub struct Demo {
    /// Number of beds
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=200))]
    beds: u16,
    /// How long it goes on: 60s, 5m, 1h
    #[arg(long, default_value = "60s", value_parser = parse_duration)]
    duration: Duration,
    /// Seed of the simulated patients
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// No ward board in the browser
    #[arg(long)]
    no_board: bool,
}

fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let duration: Option<jiff::SignedDuration> = text.parse().ok();
    duration.and_then(|duration| Duration::try_from(duration).ok()).ok_or("must be a time such as 60s, 5m or 1h")
}

/// Partitions of the embedded broker: each keeps about 5 MB, enough for the beds of one at the speed of life.
const PARTITIONS: i32 = 4;

/// Opens the ward board for as long as the demo goes on; beside another instance on any port that is free.
async fn open_board(
    config: &Config,
    kafka: &KafkaSettings,
    stop: &Shutdown,
) -> Result<(Option<BoardObserver>, Option<SocketAddr>), Failure> {
    let (board, feed) = board::start(kafka)?;
    let listen = |address| http::serve(address, &config.http, board.clone().pages(None), stop.clone().requested());
    let preferred = match config.http.listen {
        Listen::At(address) => address,
        Listen::Off => SocketAddr::from(([127, 0, 0, 1], 0)),
    };
    let served = match listen(preferred).await {
        Ok(served) => served,
        Err(_) => listen(SocketAddr::new(preferred.ip(), 0)).await.bad_input()?,
    };
    Ok((Some(BoardObserver(feed)), Some(served.address)))
}

impl Demo {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(None).bad_input()?;
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let kafka = KafkaSettings::default();
        let broker = EmbeddedBroker::start(&kafka.topics, PARTITIONS).context("cannot start the embedded broker")?;
        let kafka = KafkaSettings { brokers: broker.bootstrap_servers().to_owned(), ..kafka };
        let screen = runtime.block_on(self.watch(&config, kafka))?;
        screen.summary();
        Ok(self.check(&screen)?)
    }

    async fn watch(&self, config: &Config, kafka: KafkaSettings) -> Result<Screen, Failure> {
        let ward = scenario::ward(usize::from(self.beds), self.seed);
        let stop = shutdown::signal().context("cannot listen for signals")?;
        let start = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
        let start_ns = i64::try_from(start.as_nanos()).context("the clock stands after 2262")?;
        let (board, address) = if self.no_board { (None, None) } else { open_board(config, &kafka, &stop).await? };
        let mut screen = Screen::new(Time::from_nanos(start_ns), board);
        screen.say(&format!(
            "{} simulated beds for {} s on an embedded Kafka broker at {}\nResearch use only. gemwatch is not a medical device.",
            self.beds,
            self.duration.as_secs(),
            kafka.brokers
        ));
        if let Some(address) = address {
            screen.say(&format!("Ward board: http://{address}/"));
        }
        let queue = NonZeroUsize::new(config.readings.queue).context("readings.queue is 0").bad_input()?;
        let readings = match interpreter_settings(&config.readings.model, config) {
            Some(settings) => Readings::Desk(settings, queue),
            None => Readings::None,
        };
        let settings = ServiceSettings {
            input: Input::Waveforms,
            kafka: kafka.clone(),
            bed: BedSettings {
                limits: config.alarms.clone(),
                round_s: config.readings.round_s,
                ..BedSettings::default()
            },
            is_live: true,
            profiles: config.limit_profiles(),
            changed_limits: None,
            audit_file: None,
            pseudonyms: None,
        };
        let feeding = FeedSettings {
            topic: kafka.topics.waveforms.clone(),
            duration: Some(self.duration),
            ..FeedSettings::new(kafka.brokers.clone())
        };
        let mut fed = Ok(());
        let ward_has_ended = async {
            fed = feed(&ward, &feeding, start_ns, stop.requested()).await.map(drop);
            // What was sent last is still on its way.
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        Box::pin(serve(&settings, readings, Readiness::new([]), &mut screen, ward_has_ended))
            .await
            .map_err(anyhow::Error::from)?;
        fed.map_err(anyhow::Error::from)?;
        Ok(screen)
    }

    /// A demo that did not show what it is there to show has failed.
    fn check(&self, screen: &Screen) -> anyhow::Result<()> {
        let ward = scenario::ward(usize::from(self.beds), self.seed);
        let limit_s = 5.0;
        for bed in &ward.beds {
            let mut from_s = bed.start_after_s;
            for step in bed.patient.script.steps() {
                let ends_s = from_s + step.seconds;
                if step.rhythm == Rhythm::Asystole && ends_s + limit_s < self.duration.as_secs_f64() {
                    match screen.raised_after(&bed.stream_id, AlarmCode::Asystole, from_s) {
                        Some(delay_s) if delay_s <= limit_s => {
                            println!("{}: asystole began at {from_s:.1} s, raised {delay_s:.1} s later", bed.stream_id);
                        }
                        Some(delay_s) => {
                            bail!("{}: asystole at {from_s:.1} s was raised {delay_s:.1} s later", bed.stream_id)
                        }
                        None => bail!("{}: asystole at {from_s:.1} s was not raised", bed.stream_id),
                    }
                }
                from_s = ends_s;
            }
        }
        Ok(())
    }
}
