//! Telemetry from the event to those who listen: a collector of OTLP, a scraper of `/metrics`, and probes.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use gemwatch::{
    alarm::AlarmCode,
    config::Config,
    http::{self, Serving},
    telemetry::{self, LogFormat, Readiness, TelemetryError, TelemetrySettings, events::*},
    wire::AlertState,
};
use opentelemetry::trace::TraceId;
use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    metrics::v1::{Metric, metric::Data},
};
use prometheus::Registry;
use prost::Message;
use tokio::{net::TcpListener, sync::mpsc, sync::oneshot, task};

/// What a collector was sent.
#[derive(Debug)]
enum Received {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

type Decode = fn(Bytes) -> Received;

/// A collector of OTLP over HTTP.
async fn collector() -> (SocketAddr, mpsc::UnboundedReceiver<Received>) {
    async fn keep(
        State((sender, decode)): State<(mpsc::UnboundedSender<Received>, Decode)>,
        body: Bytes,
    ) -> StatusCode {
        sender.send(decode(body)).unwrap();
        StatusCode::OK
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let traces: Decode = |body| Received::Traces(ExportTraceServiceRequest::decode(body).unwrap());
    let metrics: Decode = |body| Received::Metrics(ExportMetricsServiceRequest::decode(body).unwrap());
    let router = Router::new()
        .route("/v1/traces", post(keep).with_state((sender.clone(), traces)))
        .route("/v1/metrics", post(keep).with_state((sender, metrics)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, receiver)
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let url = format!("http://{address}{path}");
    let ask = move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(url).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    task::spawn_blocking(ask).await.unwrap()
}

fn settings(otlp_endpoint: Option<String>, log: &str) -> TelemetrySettings {
    TelemetrySettings { otlp_endpoint, log: log.to_owned(), log_format: LogFormat::Json }
}

async fn serve(
    listen: SocketAddr,
    readiness: Readiness,
    registry: Registry,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, http::HttpError> {
    http::serve(listen, &Config::default().http, http::probes(readiness, registry), shutdown).await
}

fn happen() {
    ChunksReceived { count: 3 }.emit();
    ChunkRejected { reason: RejectReason::Value, detail: "not a chunk" }.emit();
    ChunkDropped { stream_id: "bed-1", reason: ChunkDropReason::Duplicate }.emit();
    BedOpened { stream_id: "bed-1" }.emit();
    BedOpened { stream_id: "bed-2" }.emit();
    BedClosed { stream_id: "bed-1" }.emit();
    AlertPublished { stream_id: "bed-1", code: AlarmCode::Asystole, state: AlertState::Raised }.emit();
    SampleToAlarm { code: AlarmCode::Asystole, delay: Duration::from_millis(4200) }.emit();
    VitalsPublished.emit();
    PublishFailed { topic: "ecg.alerts", detail: "no broker" }.emit();
    ReadingQueueLength { length: 5 }.emit();
    ReadingFinished { outcome: ReadingOutcome::Complete, duration: Duration::from_millis(1500) }.emit();
    ReadingDropped { stream_id: "bed-2", reason: ReadingDropReason::QueueFull }.emit();
    let client = "10.0.0.1".parse().unwrap();
    HttpRefused { reason: HttpRefusal::WrongCredential, client, detail: "there is no such token" }.emit();
    AuditFailed { detail: "disk full" }.emit();
}

/// The lines that `happen` must leave on `/metrics`.
const LINES: [&str; 22] = [
    "gemwatch_chunks_received_total 3",
    "gemwatch_chunks_rejected_total{reason=\"value\"} 1",
    "gemwatch_chunks_rejected_total{reason=\"no_value\"} 0",
    "gemwatch_chunks_dropped_total{reason=\"duplicate\"} 1",
    "gemwatch_chunks_dropped_total{reason=\"late\"} 0",
    "gemwatch_beds_open 1",
    "gemwatch_alerts_published_total{code=\"ASYS\",state=\"raised\"} 1",
    "gemwatch_alarm_delay_seconds_bucket{code=\"ASYS\",le=\"4\"} 0",
    "gemwatch_alarm_delay_seconds_bucket{code=\"ASYS\",le=\"5\"} 1",
    "gemwatch_alarm_delay_seconds_sum{code=\"ASYS\"} 4.2",
    "gemwatch_vitals_published_total 1",
    "gemwatch_publish_failures_total{topic=\"ecg.alerts\"} 1",
    "gemwatch_readings_queued 5",
    "gemwatch_reading_duration_seconds_bucket{outcome=\"complete\",le=\"1\"} 0",
    "gemwatch_reading_duration_seconds_bucket{outcome=\"complete\",le=\"2.5\"} 1",
    "gemwatch_readings_dropped_total{reason=\"queue_full\"} 1",
    "gemwatch_readings_dropped_total{reason=\"stale\"} 0",
    "gemwatch_readings_dropped_total{reason=\"no_model\"} 0",
    "gemwatch_readings_dropped_total{reason=\"failed\"} 0",
    "gemwatch_http_refused_total{reason=\"wrong_credential\"} 1",
    "gemwatch_http_refused_total{reason=\"too_many_requests\"} 0",
    "gemwatch_audit_failures_total 1",
];

/// One test, because telemetry is set up once a process.
#[tokio::test(flavor = "multi_thread")]
async fn events_reach_the_scraper_and_the_collector() {
    let (endpoint, mut received) = collector().await;
    assert_eq!(telemetry::trace_id(), None, "no traces before they are asked for");
    let telemetry = telemetry::init(&settings(Some(format!("http://{endpoint}/")), "off")).unwrap();
    let again = telemetry::init(&settings(None, "off")).unwrap_err();
    assert!(matches!(again, TelemetryError::Again(_)), "{again}");

    let span = tracing::info_span!(target: "gemwatch::test", "reading", stream_id = "bed-1");
    let trace_id = span.in_scope(telemetry::trace_id).unwrap();
    span.in_scope(happen);
    drop(span);
    tracing::info_span!(target: "somebody_else", "noise").in_scope(|| ());

    let any_port = "127.0.0.1:0".parse().unwrap();
    let server = serve(any_port, Readiness::new([]), telemetry.registry(), std::future::pending());
    let (status, text) = get(server.await.unwrap().address, "/metrics").await;
    assert_eq!(status, 200);
    for line in LINES {
        assert!(text.lines().any(|got| got == line), "{line} is missing in\n{text}");
    }
    assert!(text.contains("service_name=\"gemwatch\""), "{text}");

    task::spawn_blocking(|| telemetry.shutdown()).await.unwrap().unwrap();
    let mut spans = vec![];
    let mut metrics: Vec<Metric> = vec![];
    while let Ok(part) = received.try_recv() {
        match part {
            Received::Traces(traces) => {
                spans.extend(traces.resource_spans.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans));
            }
            Received::Metrics(sent) => metrics
                .extend(sent.resource_metrics.into_iter().flat_map(|of| of.scope_metrics).flat_map(|of| of.metrics)),
        }
    }
    assert_eq!(spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["reading"]);
    let sent = TraceId::from_bytes(spans[0].trace_id[..].try_into().unwrap());
    assert_eq!(sent.to_string(), trace_id);

    // The table of the module is the promise; what is sent must be the same set.
    let documented = include_str!("../src/telemetry/mod.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
    let mut documented: Vec<&str> = documented.map(|line| line.split('`').next().unwrap()).collect();
    documented.sort_unstable();
    let mut sent: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    sent.sort_unstable();
    assert_eq!(sent, documented);
    let delay = metrics.iter().find(|metric| metric.name == "gemwatch.alarm.delay").unwrap();
    let Some(Data::Histogram(histogram)) = &delay.data else { panic!("{delay:?}") };
    assert_eq!((delay.unit.as_str(), histogram.data_points[0].count), ("s", 1));
}

#[tokio::test]
async fn probes_tell_alive_from_ready() {
    let readiness = Readiness::new(["kafka", "model"]);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap() };
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = serve(listen, readiness.clone(), Registry::new(), shutdown).await.unwrap();
    let address = server.address;

    assert_eq!(get(address, "/healthz").await, (200, "alive".to_owned()));
    readiness.set("kafka", Ok(()));
    assert_eq!(get(address, "/readyz").await, (503, "not ready\nmodel: not known yet".to_owned()));
    readiness.set("model", Ok(()));
    assert_eq!(get(address, "/readyz").await, (200, "ready".to_owned()));
    readiness.set("kafka", Err("no broker answers".to_owned()));
    assert_eq!(get(address, "/readyz").await.0, 503);
    assert_eq!(get(address, "/healthz").await.0, 200, "a broker that is gone is no reason to restart");
    assert_eq!(get(address, "/elsewhere").await.0, 404);

    let taken = serve(address, readiness, Registry::new(), async {}).await.unwrap_err().to_string();
    assert_eq!(taken, format!("cannot listen on {address}; set http.listen to a free address, or to \"off\""));
    stop.send(()).unwrap();
    server.ended().await;
    assert!(TcpListener::bind(address).await.is_ok(), "the port is free again");
}

#[test]
fn a_log_level_that_cannot_be_read_is_named() {
    if std::env::var_os("RUST_LOG").is_some() {
        eprintln!("left out: RUST_LOG is set and goes before the setting");
        return;
    }
    let error = telemetry::init(&settings(None, "info,gemwatch=loud")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the log level \"info,gemwatch=loud\" given by telemetry.log");
}
