//! Sets up logs, traces and metrics for the process.

use std::{env, io, io::IsTerminal, time::Duration};

use opentelemetry::{KeyValue, metrics::MeterProvider, trace::TracerProvider};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource, error::OTelSdkError, logs::SdkLoggerProvider, metrics::SdkMeterProvider, trace::SdkTracerProvider,
};
use prometheus::Registry;
use tracing_subscriber::{
    EnvFilter, Layer, Registry as Subscriber, filter::ParseError, filter::filter_fn, fmt, layer::SubscriberExt, reload,
    util::SubscriberInitExt, util::TryInitError,
};

use super::{LogFormat, TelemetrySettings, instruments, trace};

const SERVICE: &str = "gemwatch";
/// A collector that takes longer is given up for this batch: the next one follows within a minute.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why telemetry cannot be set up or ended.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level of the log cannot be read.
    #[error("cannot read the log level {directives:?} given by {given_by}")]
    LogLevel {
        /// The level as given.
        directives: String,
        /// The setting or environment variable.
        given_by: &'static str,
        /// Why.
        source: ParseError,
    },
    /// The exporter refuses the endpoint.
    #[error("cannot export to telemetry.otlp_endpoint {endpoint:?}")]
    Endpoint {
        /// The endpoint as set.
        endpoint: String,
        /// Why.
        source: ExporterBuildError,
    },
    /// `/metrics` cannot be fed.
    #[error("cannot collect metrics for /metrics")]
    Metrics(#[source] OTelSdkError),
    /// Telemetry was set up before.
    #[error("telemetry is set up once a process")]
    Again(#[source] TryInitError),
    /// The last traces, metrics or log lines were not delivered.
    #[error("the last {what} were not delivered")]
    Undelivered {
        /// Traces, metrics or log lines.
        what: &'static str,
        /// Why.
        source: OTelSdkError,
    },
}

/// The telemetry of this process.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    meters: SdkMeterProvider,
    tracers: Option<SdkTracerProvider>,
    loggers: Option<SdkLoggerProvider>,
    log_level: LogLevel,
}

/// The level of the log, which may change while the process runs.
#[derive(Clone, Debug)]
pub struct LogLevel(reload::Handle<EnvFilter, Subscriber>);

impl LogLevel {
    /// From now on the log has the level of these settings. Where the environment gives it, it stays.
    pub fn set(&self, settings: &TelemetrySettings) -> Result<(), TelemetryError> {
        // Fails only when the subscriber is gone, and with it the log.
        let _ = self.0.reload(log_filter(settings)?);
        Ok(())
    }
}

/// Sets up logs; traces and metrics, and the export of all three, where they are asked for. Once a process, before the first
/// event.
pub fn init(settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
    let filter = log_filter(settings)?;
    let resource = Resource::builder()
        .with_service_name(SERVICE)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let (registry, meters) = meters(settings, resource.clone())?;
    let tracers = tracers(settings, resource.clone())?;
    let loggers = loggers(settings, resource)?;

    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    let (filter, log_level) = reload::Layer::new(filter);
    // Our own lines alone: the exporter's HTTP client has some too, and each export would cause the next.
    let exported = loggers.as_ref().map(|loggers| {
        let own = filter_fn(|metadata| metadata.target().starts_with(SERVICE));
        OpenTelemetryTracingBridge::new(loggers).with_filter(own)
    });
    let subscriber = tracing_subscriber::registry().with(filter).with(lines).with(exported);
    subscriber.try_init().map_err(TelemetryError::Again)?;
    if let Some(tracers) = &tracers {
        trace::install(tracers.tracer(SERVICE));
    }
    instruments::install(&meters.meter(SERVICE));
    Ok(Telemetry { registry, meters, tracers, loggers, log_level: LogLevel(log_level) })
}

impl Telemetry {
    /// What `/metrics` shows.
    pub fn registry(&self) -> Registry {
        self.registry.clone()
    }

    /// By which the level of the log is changed.
    pub fn log_level(&self) -> LogLevel {
        self.log_level.clone()
    }

    /// Delivers what is not yet delivered, and ends the export. Blocks up to the exporter's time limit: call it
    /// outside of the asynchronous runtime.
    pub fn shutdown(self) -> Result<(), TelemetryError> {
        let undelivered = |what| move |source| TelemetryError::Undelivered { what, source };
        let traces = self.tracers.map_or(Ok(()), |tracers| tracers.shutdown()).map_err(undelivered("traces"));
        let metrics = self.meters.shutdown().map_err(undelivered("metrics"));
        let lines = self.loggers.map_or(Ok(()), |loggers| loggers.shutdown()).map_err(undelivered("log lines"));
        traces.and(metrics).and(lines)
    }
}

fn log_filter(settings: &TelemetrySettings) -> Result<EnvFilter, TelemetryError> {
    let (directives, given_by) = match env::var(EnvFilter::DEFAULT_ENV) {
        Ok(directives) if !directives.is_empty() => (directives, EnvFilter::DEFAULT_ENV),
        _ => (settings.log.clone(), "telemetry.log"),
    };
    match EnvFilter::builder().parse(&directives) {
        Ok(filter) => Ok(filter),
        Err(source) => Err(TelemetryError::LogLevel { directives, given_by, source }),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one meter provider")]
fn meters(settings: &TelemetrySettings, resource: Resource) -> Result<(Registry, SdkMeterProvider), TelemetryError> {
    let registry = Registry::new();
    let scraped = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()
        .map_err(TelemetryError::Metrics)?;
    let mut meters = SdkMeterProvider::builder().with_resource(resource).with_reader(scraped);
    if let Some(endpoint) = &settings.otlp_endpoint {
        let exporter = MetricExporter::builder().with_http().with_endpoint(signal(endpoint, "metrics"));
        meters =
            meters.with_periodic_exporter(exporter.with_timeout(EXPORT_TIMEOUT).build().map_err(refused(endpoint))?);
    }
    Ok((registry, meters.build()))
}

fn tracers(settings: &TelemetrySettings, resource: Resource) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
    let exporter = SpanExporter::builder().with_http().with_endpoint(signal(endpoint, "traces"));
    let exporter = exporter.with_timeout(EXPORT_TIMEOUT).build().map_err(refused(endpoint))?;
    Ok(Some(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build()))
}

fn loggers(settings: &TelemetrySettings, resource: Resource) -> Result<Option<SdkLoggerProvider>, TelemetryError> {
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
    let exporter = LogExporter::builder().with_http().with_endpoint(signal(endpoint, "logs"));
    let exporter = exporter.with_timeout(EXPORT_TIMEOUT).build().map_err(refused(endpoint))?;
    Ok(Some(SdkLoggerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build()))
}

fn signal(endpoint: &str, signal: &str) -> String {
    format!("{}/v1/{signal}", endpoint.trim_end_matches('/'))
}

fn refused(endpoint: &str) -> impl FnOnce(ExporterBuildError) -> TelemetryError {
    move |source| TelemetryError::Endpoint { endpoint: endpoint.to_owned(), source }
}
