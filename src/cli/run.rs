//! `gemwatch run`: the service.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::sync::watch;

use super::board::{self, BoardObserver};
use super::failure::{BadInput, Failure};
use super::model::interpreter_settings;
use super::reload;
use super::role::Role;
use super::shutdown;
use gemwatch::alarm::LimitProfiles;
use gemwatch::bed::BedSettings;
use gemwatch::config::Config;
use gemwatch::ecg::Chunk;
use gemwatch::http::{self, Listen};
use gemwatch::pipeline::Said;
use gemwatch::pipeline::service::{Input, Observer, Readings, ServiceSettings, serve};
use gemwatch::source::kafka::Pseudonyms;
use gemwatch::telemetry::{self, Readiness};

/// How long what still runs in the background may take at the end.
const LAST_TASKS: Duration = Duration::from_millis(500);

/// Watch the beds of a Kafka topic: alarms, vital signs and readings, until told to stop
///
/// SIGTERM or Ctrl-C ends it gracefully: what was said is acknowledged first, 8 s at most. Limits of alarms and the level of the log
/// that change in the settings file are taken while it runs, at once on SIGHUP.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch run                                   brokers at localhost:9092, everything as in config/gemwatch.toml
  gemwatch run --config ward.toml                what differs is in ward.toml
  GEMWATCH_KAFKA__BROKERS=kafka:9092 gemwatch run --role monitor
  GEMWATCH_KAFKA__BROKERS=kafka:9092 gemwatch run --role reader   reads what the monitors ask for
  GEMWATCH_KAFKA__BROKERS=kafka:9092 gemwatch run --role board    shows what all of them watch")]
pub struct Run {
    /// Settings; only what differs from config/gemwatch.toml need be there
    #[arg(long, value_name = "FILE", env = "GEMWATCH_CONFIG")]
    config: Option<PathBuf>,
    /// What this instance does
    #[arg(long, default_value = "all")]
    role: Role,
}

/// The service speaks to Kafka; nobody else listens where there is no board.
struct Silent;

impl Observer for Silent {
    fn chunk(&mut self, _: &Chunk) {}
    fn said(&mut self, _: &Said) {}
}

impl Run {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(self.config.as_deref()).bad_input()?;
        let telemetry = telemetry::init(&config.telemetry).bad_input()?;
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let served = runtime.block_on(async {
            let limits = reload::follow(self.config.as_deref(), &config, telemetry.log_level())?;
            match self.role {
                Role::Board => show(&config, &telemetry).await,
                Role::All | Role::Monitor | Role::Reader => Box::pin(self.serve(&config, &telemetry, limits)).await,
            }
        });
        // Whoever waits for a broker that is not there is not waited for.
        runtime.shutdown_timeout(LAST_TASKS);
        telemetry.shutdown().context("telemetry was not delivered in full")?;
        served
    }

    async fn serve(
        &self,
        config: &Config,
        telemetry: &telemetry::Telemetry,
        limits: watch::Receiver<LimitProfiles>,
    ) -> Result<(), Failure> {
        let readings = self.readings(config)?;
        let conditions: &[&str] = if matches!(readings, Readings::Desk(..) | Readings::Refused(_)) {
            &["broker", "assignment", "model"]
        } else {
            &["broker", "assignment"]
        };
        let readiness = Readiness::new(conditions.iter().copied());
        if matches!(readings, Readings::Refused(_)) {
            let advice = "set readings.model to a model package";
            tracing::error!(advice, "no model: every request is answered with \"reading not available\"");
            readiness.set("model", Err("readings.model is \"none\"".to_owned()));
        }
        let stop = shutdown::signal().context("cannot listen for signals")?;
        let mut observer: Box<dyn Observer + Send> = Box::new(Silent);
        let served = match config.http.listen {
            Listen::Off => None,
            Listen::At(address) => {
                let mut pages = http::probes(readiness.clone(), telemetry.registry());
                if self.role == Role::All {
                    let (board, feed) = board::start(&config.kafka)?;
                    pages = pages.and(board.pages(None));
                    observer = Box::new(BoardObserver(feed));
                }
                Some(http::serve(address, &config.http, pages, stop.clone().requested()).await.bad_input()?)
            }
        };
        let settings = ServiceSettings {
            input: if self.role == Role::Reader { Input::ReadingRequests } else { Input::Waveforms },
            kafka: config.kafka.clone(),
            bed: BedSettings {
                limits: config.alarms.clone(),
                round_s: config.readings.round_s,
                ..BedSettings::default()
            },
            is_live: self.role != Role::Reader,
            profiles: config.limit_profiles(),
            changed_limits: Some(limits),
            // Readers hear no commands.
            audit_file: config.audit.file.clone().filter(|_| self.role != Role::Reader),
            pseudonyms: config.pseudonyms.key().map(Pseudonyms::new),
        };
        let group = if self.role == Role::Reader { config.kafka.readers_group() } else { config.kafka.group.clone() };
        tracing::info!(brokers = config.kafka.brokers, group, role = ?self.role, "gemwatch runs");
        Box::pin(serve(&settings, readings, readiness, observer.as_mut(), stop.requested()))
            .await
            .map_err(anyhow::Error::from)?;
        if let Some(served) = served {
            served.ended().await;
        }
        tracing::info!("gemwatch has ended");
        Ok(())
    }

    /// Who reads the windows, in this role.
    fn readings(&self, config: &Config) -> Result<Readings, Failure> {
        let queue = NonZeroUsize::new(config.readings.queue).context("readings.queue is 0").bad_input()?;
        Ok(match (self.role, interpreter_settings(&config.readings.model, config)) {
            (Role::Monitor, Some(_)) => Readings::Elsewhere,
            (Role::All | Role::Reader, Some(settings)) => Readings::Desk(settings, queue),
            (Role::Reader, None) => Readings::Refused(queue),
            (Role::All | Role::Monitor, None) | (Role::Board, _) => Readings::None,
        })
    }
}

/// The board by itself, of beds that others watch.
async fn show(config: &Config, telemetry: &telemetry::Telemetry) -> Result<(), Failure> {
    let Listen::At(address) = config.http.listen else {
        return Err(anyhow::anyhow!("http.listen is \"off\": the board needs an address")).bad_input();
    };
    let stop = shutdown::signal().context("cannot listen for signals")?;
    let (board, feed) = board::start(&config.kafka)?;
    let readiness = Readiness::new(["broker"]);
    board::look_for_brokers(config.kafka.clone(), readiness.clone());
    let pages = http::probes(readiness, telemetry.registry()).and(board.pages(None));
    let served = http::serve(address, &config.http, pages, stop.clone().requested()).await.bad_input()?;
    tracing::info!(brokers = config.kafka.brokers, role = ?Role::Board, "gemwatch runs");
    let pseudonyms = config.pseudonyms.key().map(Pseudonyms::new);
    board::follow(&config.kafka, pseudonyms.as_ref(), &feed, stop.requested()).await?;
    served.ended().await;
    tracing::info!("gemwatch has ended");
    Ok(())
}
