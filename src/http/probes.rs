//! The pages for supervisors and scrapers.
//!
//! - `/healthz`, open: 200 while the process can answer. A supervisor restarts what does not answer.
//! - `/readyz`, open: 200 when every condition of [`Readiness`] is met, else 503. Strangers get the names of the conditions that
//!   are not met; the reasons, which may name brokers and paths, are for callers who are trusted.
//! - `/metrics`, guarded: the metrics in the Prometheus text format.

use axum::{
    Extension, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};

use super::{Caller, Pages};
use crate::telemetry::Readiness;

/// The pages about this process.
pub fn probes(readiness: Readiness, registry: Registry) -> Pages {
    let open =
        Router::new().route("/healthz", get(async || "alive")).route("/readyz", get(ready).with_state(readiness));
    Pages { open, guarded: Router::new().route("/metrics", get(metrics).with_state(registry)) }
}

async fn ready(State(readiness): State<Readiness>, Extension(caller): Extension<Caller>) -> (StatusCode, String) {
    let unmet = readiness.unmet();
    let status = if unmet.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let names = || unmet.iter().map(|(condition, _)| *condition).collect::<Vec<_>>().join("\n");
    let text =
        if caller.is_trusted || unmet.is_empty() { readiness.to_string() } else { format!("not ready\n{}", names()) };
    (status, text)
}

async fn metrics(State(registry): State<Registry>) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
