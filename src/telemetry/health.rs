//! Health and metrics over HTTP.
//!
//! - `/healthz`: 200 while the process can answer. A supervisor restarts what does not answer.
//! - `/readyz`: 200 when every condition of [`Readiness`] is met, else 503; either way in words.
//! - `/metrics`: the metrics in the Prometheus text format.

use std::{io, net::SocketAddr};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use tokio::{net::TcpListener, task::JoinHandle};

use super::Readiness;

/// Why health cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// The address cannot be listened on.
    #[error("cannot listen on {listen} for health and metrics; set http.listen to a free address, or to \"off\"")]
    Bind {
        /// Which address.
        listen: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A running server.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens; the port is the real one, also if 0 was asked for.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Serving {
    /// Waits until the server has ended after its shutdown signal.
    pub async fn ended(self) {
        // The task neither panics nor is it aborted, and its end is all that is asked for.
        let _ = self.task.await;
    }
}

/// Listens on `listen` and serves in a task of its own until `shutdown` is done and the open requests are answered.
pub async fn serve(
    listen: SocketAddr,
    readiness: Readiness,
    registry: Registry,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, HealthError> {
    let bind = |source| HealthError::Bind { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let router = Router::new()
        .route("/healthz", get(async || "alive"))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/metrics", get(metrics).with_state(registry));
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
            tracing::error!(%address, %error, "health and metrics are no longer served");
        }
    });
    tracing::info!(%address, "serving /healthz, /readyz and /metrics");
    Ok(Serving { address, task })
}

async fn ready(State(readiness): State<Readiness>) -> (StatusCode, String) {
    let status = if readiness.unmet().is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, readiness.to_string())
}

async fn metrics(State(registry): State<Registry>) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
