//! The trace of one alert, from the chunk on its topic to the alert and its reading, through real processes and a real broker to a
//! collector; and its picture in `docs/trace.svg`, which `GEMWATCH_WRITE=1` draws anew.

#[path = "program/collector.rs"]
mod collector;
#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "trace/picture.rs"]
mod picture;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_line.rs")]
mod program;
#[path = "kafka/real_broker.rs"]
mod real_broker;
#[path = "kafka/recording.rs"]
mod recording;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use collector::Collector;
use gemwatch::broker::ensure_topics;
use gemwatch::ecg::StreamId;
use gemwatch::gem::runtime;
use gemwatch::source::recordings::Record;
use line::{PATIENCE, settings};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use picture::picture;
use program::{Service, TopicReader, page, settings_file, values};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

/// A record with extreme bradycardias.
const RECORD: &str = "b124s";
/// The alarm, which follows from one of a slow rate: it escalates.
const CODE: &str = "XBRADY";
/// What its bedside monitor says of the trace that its chunks belong to.
const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Attribute::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_one_trace_from_the_chunk_to_the_checked_reading() {
    let (Some(bootstrap_servers), Some(recording)) = (real_broker::bootstrap_servers(), recording::recording(RECORD))
    else {
        return;
    };
    if let Err(error) = runtime::load(None) {
        assert!(std::env::var_os("CI").is_none(), "left out: {error}");
        eprintln!("left out: {error}");
        return;
    }
    let mut collector = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let kafka = settings(bootstrap_servers, "trace");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let mut services = Vec::new();
    for role in ["monitor", "reader"] {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let more = format!(
            "[alarms]\nlatching = false\n[readings]\nround_s = 0\nmax_new_tokens = 60\n[http]\nlisten = \"{address}\"\n\
             [telemetry]\notlp_endpoint = \"http://{}\"\n",
            collector.address
        );
        let folder = folder.path().join(role);
        std::fs::create_dir(&folder).unwrap();
        services.push(Service::start_as(role, &settings_file(&folder, &kafka, &more)));
        page(format!("http://{address}/readyz"), |status, _| status == 200).await;
    }

    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create().unwrap();
    let parent = format!("00-{TRACE_ID}-00f067aa0ba902b7-01");
    let record = Record::open(&recording).unwrap();
    let chunks = record.chunks(StreamId::new("bed-01").unwrap(), 0.5).unwrap();
    for chunk in chunks.take(240) {
        let bytes = gemwatch::wire::waveform::encode(&chunk);
        let headers = OwnedHeaders::new().insert(Header { key: "traceparent", value: Some(&parent) });
        let record = FutureRecord::to(&kafka.topics.waveforms).key("bed-01").payload(&bytes).headers(headers);
        producer.send(record, PATIENCE).await.unwrap();
    }
    let mut alerts = TopicReader::open(&kafka, &kafka.topics.alerts);
    let is_read = |alert: &serde_json::Value| alert["state"] == "interpreted" && alert["code"] == CODE;
    alerts.until(PATIENCE, |messages| values(messages).iter().any(is_read)).await;
    for service in services {
        let ended = tokio::task::spawn_blocking(move || service.terminate(Duration::from_secs(15))).await.unwrap();
        assert!(ended.success(), "{ended}");
    }
    collector.sort();

    let interpreted = alerts.values().into_iter().find(is_read).unwrap();
    let id = interpreted["id"].as_str().unwrap();
    for (message, alert) in alerts.messages.iter().zip(alerts.values()).filter(|(_, alert)| alert["id"] == id) {
        // What says the end of it may have come by the clock alone.
        if matches!(alert["state"].as_str(), Some("raised" | "escalated" | "interpreted")) {
            assert_eq!(alert["trace_id"], TRACE_ID, "{alert}");
            let parent = message.headers.iter().find(|(name, _)| name == "traceparent");
            assert!(parent.is_some_and(|(_, parent)| parent.contains(TRACE_ID)), "{:?}", message.headers);
        }
    }

    let spans: Vec<&Span> = part_of_the_alert(&collector.spans, id);
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let topics = &kafka.topics;
    let expected = [
        format!("process {}", topics.waveforms),
        "hear".to_owned(),
        "alarm".to_owned(),
        format!("send {}", topics.alerts),
        format!("send {}", topics.alert_state),
        format!("send {}", topics.reading_requests),
        format!("process {}", topics.reading_requests),
        "read window".to_owned(),
        "wait for the model".to_owned(),
        "draw and measure".to_owned(),
        "write text".to_owned(),
        "check claims".to_owned(),
    ];
    for name in &expected {
        assert!(names.contains(&name.as_str()), "{name} is missing in {names:?}");
    }
    let of_topic = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let process = of_topic(&expected[0]);
    assert_eq!(text(process, "messaging.system"), Some("kafka"));
    assert_eq!(text(process, "messaging.destination.name"), Some(topics.waveforms.as_str()));
    assert_eq!(text(process, "messaging.consumer.group.name"), Some(kafka.group.as_str()));
    let logs = collector.logs.iter().filter(|line| line.trace_id.iter().any(|byte| *byte != 0)).count();
    assert!(logs > 0, "log lines of the alert carry its trace");

    let drawn = picture(&spans, "trace.");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/trace.svg");
    if std::env::var_os("GEMWATCH_WRITE").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    let rows = |svg: &str| -> BTreeSet<String> {
        let name = |line: &str| Some(line.split_once("class=\"name\">")?.1.split_once('<')?.0.trim().to_owned());
        svg.lines().filter_map(name).collect()
    };
    assert_eq!(rows(&kept), rows(&drawn), "docs/trace.svg is out of date: GEMWATCH_WRITE=1 cargo test --test trace");
}

/// The spans above and below those that name this alert, in the order of their beginning. The chunks of the test all belong to
/// one trace: here those are chosen that led to this alert.
fn part_of_the_alert<'a>(spans: &'a [Span], id: &str) -> Vec<&'a Span> {
    let roots: BTreeSet<&[u8]> = spans
        .iter()
        .filter(|span| text(span, "gemwatch.alert.id") == Some(id) && text(span, "gemwatch.alarm.code") == Some(CODE))
        .filter(|span| matches!(text(span, "gemwatch.alert.state"), Some("escalated" | "interpreted")))
        .map(|span| &span.parent_span_id[..])
        .collect();
    let mut chosen: BTreeSet<&[u8]> = roots;
    loop {
        let below = spans.iter().filter(|span| chosen.contains(&span.parent_span_id[..]));
        let above = spans.iter().filter(|span| chosen.contains(&span.span_id[..]));
        let parents =
            above.map(|span| &span.parent_span_id[..]).filter(|id| spans.iter().any(|span| span.span_id == **id));
        let more: BTreeSet<&[u8]> = below.map(|span| &span.span_id[..]).chain(parents).collect();
        let before = chosen.len();
        chosen.extend(more);
        if chosen.len() == before {
            break;
        }
    }
    let mut chosen: Vec<&Span> = spans.iter().filter(|span| chosen.contains(&span.span_id[..])).collect();
    chosen.sort_by_key(|span| (span.start_time_unix_nano, span.end_time_unix_nano));
    chosen
}
