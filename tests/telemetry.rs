//! Telemetry from the event to those who listen: a collector of OTLP, a scraper of `/metrics`, and probes.

#[path = "program/collector.rs"]
mod collector;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use collector::Collector;
use gemwatch::{
    alarm::AlarmCode,
    config::Config,
    http::{self, Serving},
    telemetry::{
        self, LogFormat, Readiness, TelemetryError, TelemetrySettings,
        events::*,
        trace::{TraceContext, Work},
    },
    wire::{AlertState, Quality},
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prometheus::Registry;
use tokio::{net::TcpListener, sync::oneshot, task};

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

fn happen(trace: &TraceContext) {
    ChunksReceived { count: 3 }.emit();
    ChunkRejected { reason: RejectReason::Value, detail: "not a chunk" }.emit();
    ChunkDropped { stream_id: "bed-1", reason: ChunkDropReason::Duplicate }.emit();
    BedOpened { stream_id: "bed-1" }.emit();
    BedOpened { stream_id: "bed-2" }.emit();
    BedClosed { stream_id: "bed-1" }.emit();
    AlertPublished { stream_id: "bed-1", code: AlarmCode::Asystole, state: AlertState::Raised, trace }.emit();
    SampleToAlarm { code: AlarmCode::Asystole, delay: Duration::from_millis(4200) }.emit();
    VitalsPublished.emit();
    PublishFailed { topic: "ecg.alerts", detail: "no broker" }.emit();
    ReadingQueueLength { length: 5 }.emit();
    ReadingStarted { cause: ReadingCause::Alarm, waited: Duration::from_millis(300) }.emit();
    ReadingFinished {
        outcome: ReadingOutcome::Complete,
        duration: Duration::from_millis(1500),
        first_text: Some(Duration::from_millis(400)),
        tokens: 31,
        writing: Duration::from_millis(500),
        grounding_score: Some(0.75),
    }
    .emit();
    ChunkHeard { waited: Duration::from_millis(20) }.emit();
    ConsumerLag { topic: "ecg.waveforms", partition: 3, messages: 12 }.emit();
    LeadsObserved { qualities: &[Quality::Good, Quality::Off, Quality::Wander] }.emit();
    ModelStateChanged { state: ModelState::Ready }.emit();
    ModelSlots { slots: 4, used: 1 }.emit();
    SettingsReloaded { outcome: ReloadOutcome::Taken, detail: "alarms.asystole_s" }.emit();
    ReadingDropped { stream_id: "bed-2", reason: ReadingDropReason::QueueFull }.emit();
    let client = "10.0.0.1".parse().unwrap();
    HttpRefused { reason: HttpRefusal::WrongCredential, client, detail: "there is no such token" }.emit();
    AuditFailed { detail: "disk full" }.emit();
}

/// The lines that `happen` must leave on `/metrics`.
const LINES: [&str; 36] = [
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
    "gemwatch_vitals_published_total 2",
    "gemwatch_publish_failures_total{topic=\"ecg.alerts\"} 1",
    "gemwatch_readings_queued 5",
    "gemwatch_reading_duration_seconds_bucket{outcome=\"complete\",le=\"1\"} 0",
    "gemwatch_reading_duration_seconds_bucket{outcome=\"complete\",le=\"2.5\"} 1",
    "gemwatch_readings_dropped_total{reason=\"queue_full\"} 1",
    "gemwatch_readings_dropped_total{reason=\"stale\"} 0",
    "gemwatch_readings_dropped_total{reason=\"no_model\"} 0",
    "gemwatch_readings_dropped_total{reason=\"failed\"} 0",
    "gemwatch_http_refused_total{reason=\"wrong_credential\"} 2",
    "gemwatch_http_refused_total{reason=\"too_many_requests\"} 0",
    "gemwatch_audit_failures_total 1",
    "gemwatch_chunk_queue_time_seconds_bucket{le=\"0.025\"} 1",
    "gemwatch_consumer_lag{partition=\"3\",topic=\"ecg.waveforms\"} 12",
    "gemwatch_leads_usable_sum 2",
    "gemwatch_leads_observed_seconds_total{quality=\"off\"} 1",
    "gemwatch_reading_queue_time_seconds_sum{cause=\"alarm\"} 0.3",
    "gemwatch_reading_time_to_first_token_seconds_sum 0.4",
    "gemwatch_reading_tokens_per_second_sum 60",
    "gemwatch_reading_grounding_score_sum 0.75",
    "gemwatch_model_slots{state=\"used\"} 1",
    "gemwatch_model_slots{state=\"free\"} 3",
    "gemwatch_model_state{state=\"ready\"} 1",
    "gemwatch_model_state{state=\"failed\"} 0",
    "gemwatch_ready{condition=\"broker\"} 1",
    "gemwatch_settings_reloads_total{outcome=\"taken\"} 1",
];

/// One test, because telemetry is set up once a process.
#[tokio::test(flavor = "multi_thread")]
async fn events_reach_the_scraper_and_the_collector() {
    let mut collector = Collector::start().await;
    let untraced = TraceContext::default().begin(Work::Hear, Instant::now());
    assert_eq!(untraced.context().trace_id(), None, "no traces before they are asked for");
    let endpoint = format!("http://{}/", collector.address);
    let telemetry = telemetry::init(&settings(Some(endpoint), "gemwatch=info")).unwrap();
    let again = telemetry::init(&settings(None, "off")).unwrap_err();
    assert!(matches!(again, TelemetryError::Again(_)), "{again}");

    let mut span = TraceContext::default().begin(Work::Read { stream_id: "bed-1", cause: "alarm" }, Instant::now());
    let trace_id = span.context().trace_id().unwrap();
    span.context().add(Work::Wait, Instant::now(), Instant::now());
    happen(span.context());
    span.failed("no model");
    drop(span);
    tracing::warn!(target: "somebody_else", "noise");
    telemetry.log_level().set(&settings(None, "gemwatch=error")).unwrap();
    VitalsPublished.emit();
    HttpRefused { reason: HttpRefusal::WrongCredential, client: "10.0.0.1".parse().unwrap(), detail: "again" }.emit();
    Readiness::new(["broker"]).set("broker", Ok(()));

    let any_port = "127.0.0.1:0".parse().unwrap();
    let server = serve(any_port, Readiness::new([]), telemetry.registry(), std::future::pending());
    let (status, text) = get(server.await.unwrap().address, "/metrics").await;
    assert_eq!(status, 200);
    for line in LINES {
        assert!(text.lines().any(|got| got == line), "{line} is missing in\n{text}");
    }
    assert!(text.contains("service_name=\"gemwatch\""), "{text}");

    task::spawn_blocking(|| telemetry.shutdown()).await.unwrap().unwrap();
    collector.sort();
    let Collector { spans, metrics, logs, .. } = collector;
    assert_eq!(spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["wait for the model", "read window"]);
    let hex = |bytes: &[u8]| format!("{:032x}", bytes.iter().fold(0_u128, |id, byte| (id << 8) | u128::from(*byte)));
    assert!(spans.iter().all(|span| hex(&span.trace_id) == trace_id), "{spans:?}");
    assert_eq!(spans[0].parent_span_id, spans[1].span_id);
    assert_eq!(spans[1].status.as_ref().unwrap().message, "no model");
    let published = logs.iter().find(|line| format!("{:?}", line.body).contains("alert published")).unwrap();
    assert_eq!(hex(&published.trace_id), trace_id);
    assert!(!format!("{logs:?}").contains("noise"), "lines of others");
    let refused = logs.iter().filter(|line| format!("{:?}", line.body).contains("refused")).count();
    assert_eq!(refused, 1, "after the change of the level only errors are exported");

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
