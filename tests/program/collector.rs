//! A collector of OTLP over HTTP that keeps what it is sent.

use std::net::SocketAddr;

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    logs::v1::LogRecord,
    metrics::v1::Metric,
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, sync::mpsc};

/// What a collector was sent.
#[derive(Debug)]
enum Received {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

type Decode = fn(Bytes) -> Received;

/// A collector.
pub struct Collector {
    pub address: SocketAddr,
    received: mpsc::UnboundedReceiver<Received>,
    pub spans: Vec<Span>,
    pub metrics: Vec<Metric>,
    pub logs: Vec<LogRecord>,
}

impl Collector {
    pub async fn start() -> Collector {
        async fn keep(
            State((sender, decode)): State<(mpsc::UnboundedSender<Received>, Decode)>,
            body: Bytes,
        ) -> StatusCode {
            sender.send(decode(body)).unwrap();
            StatusCode::OK
        }
        let (sender, received) = mpsc::unbounded_channel();
        let traces: Decode = |body| Received::Traces(ExportTraceServiceRequest::decode(body).unwrap());
        let metrics: Decode = |body| Received::Metrics(ExportMetricsServiceRequest::decode(body).unwrap());
        let logs: Decode = |body| Received::Logs(ExportLogsServiceRequest::decode(body).unwrap());
        let router = Router::new()
            .route("/v1/traces", post(keep).with_state((sender.clone(), traces)))
            .route("/v1/metrics", post(keep).with_state((sender.clone(), metrics)))
            .route("/v1/logs", post(keep).with_state((sender, logs)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Collector { address, received, spans: Vec::new(), metrics: Vec::new(), logs: Vec::new() }
    }

    /// Sorts what has come so far.
    pub fn sort(&mut self) {
        while let Ok(part) = self.received.try_recv() {
            match part {
                Received::Traces(sent) => {
                    let scopes = sent.resource_spans.into_iter().flat_map(|of| of.scope_spans);
                    self.spans.extend(scopes.flat_map(|of| of.spans));
                }
                Received::Metrics(sent) => {
                    let scopes = sent.resource_metrics.into_iter().flat_map(|of| of.scope_metrics);
                    self.metrics.extend(scopes.flat_map(|of| of.metrics));
                }
                Received::Logs(sent) => {
                    let scopes = sent.resource_logs.into_iter().flat_map(|of| of.scope_logs);
                    self.logs.extend(scopes.flat_map(|of| of.log_records));
                }
            }
        }
    }
}
