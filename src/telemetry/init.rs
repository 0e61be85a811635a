//! Sets up logs, traces and metrics for the process.

use std::{env, io, io::IsTerminal, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::MeterProvider,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, error::OTelSdkError, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use prometheus::Registry;
use tracing::Level;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    EnvFilter, Layer, filter::ParseError, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
    util::TryInitError,
};

use super::{LogFormat, TelemetrySettings, instruments};

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
    /// The last traces or metrics were not delivered.
    #[error("the last {what} were not delivered")]
    Undelivered {
        /// Traces or metrics.
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
}

/// Sets up logs, and traces and metrics where they are asked for. Once a process, before the first event.
pub fn init(settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
    let filter = log_filter(settings)?;
    let resource = Resource::builder()
        .with_service_name(SERVICE)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let (registry, meters) = meters(settings, resource.clone())?;
    let tracers = tracers(settings, resource)?;

    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let log = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    // Our own spans alone: the exporter's HTTP client has spans too, and each export would cause the next.
    let own = Targets::new().with_target(SERVICE, Level::INFO);
    let spans = tracers
        .as_ref()
        .map(|tracers| tracing_opentelemetry::layer().with_tracer(tracers.tracer(SERVICE)).with_filter(own));
    let subscriber = tracing_subscriber::registry().with(log.with_filter(filter)).with(spans);
    subscriber.try_init().map_err(TelemetryError::Again)?;
    instruments::install(&meters.meter(SERVICE));
    Ok(Telemetry { registry, meters, tracers })
}

impl Telemetry {
    /// What `/metrics` shows.
    pub fn registry(&self) -> Registry {
        self.registry.clone()
    }

    /// Delivers what is not yet delivered, and ends the export. Blocks up to the exporter's time limit: call it
    /// outside of the asynchronous runtime.
    pub fn shutdown(self) -> Result<(), TelemetryError> {
        let undelivered = |what| move |source| TelemetryError::Undelivered { what, source };
        let traces = self.tracers.map_or(Ok(()), |tracers| tracers.shutdown()).map_err(undelivered("traces"));
        let metrics = self.meters.shutdown().map_err(undelivered("metrics"));
        traces.and(metrics)
    }
}

/// W3C trace id of the current span, when traces are exported.
pub fn trace_id() -> Option<String> {
    let context = tracing::Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| span.trace_id().to_string())
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

fn signal(endpoint: &str, signal: &str) -> String {
    format!("{}/v1/{signal}", endpoint.trim_end_matches('/'))
}

fn refused(endpoint: &str) -> impl FnOnce(ExporterBuildError) -> TelemetryError {
    move |source| TelemetryError::Endpoint { endpoint: endpoint.to_owned(), source }
}
