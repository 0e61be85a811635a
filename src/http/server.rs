//! The server: connections in, each with a place, a time limit for its handshake and for every header.
//!
//! It ends gracefully: requests under way are answered, for a few seconds at most.

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{Extension, Router};
use hyper::{
    rt::{Read, Write},
    server::conn::http1,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    HttpError, HttpSettings, Pages,
    authentication::Authentication,
    guard::{Guard, Peer},
    places::{Placed, Places},
    rate::counted_by,
    tls,
};
use crate::telemetry::events::{HttpRefusal, HttpRefused};

/// How long a client may take for its handshake, and for the header of each request. A connection that is kept open without
/// a request ends after the same time.
const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
const HEADER_TIME: Duration = Duration::from_secs(5);

/// The largest header of a request in bytes; a token of an issuer has a few thousand.
const LARGEST_HEADER_BYTES: usize = 16_384;

/// How long the end waits for answers under way.
const GRACE: Duration = Duration::from_secs(5);

/// How long to wait when the system has no more connections to give.
const NO_CONNECTION: Duration = Duration::from_millis(100);

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

/// Listens on `listen` and serves the pages in a task of its own until `shutdown` is done and the open requests are answered.
pub async fn serve(
    listen: SocketAddr,
    settings: &HttpSettings,
    pages: Pages,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, HttpError> {
    let tls = tls::acceptor(settings)?;
    let authentication = Authentication::open(settings)?;
    let (is_encrypted, asks) = (tls.is_some(), authentication.is_asked_for());
    let bind = |source| HttpError::Bind { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let guard = Arc::new(Guard::new(authentication, settings.requests_a_second, is_encrypted));
    let server = Server { router: guard.around(pages), tls, places: Places::new(settings.connections) };
    let task = tokio::spawn(accept(listener, server, shutdown));
    tracing::info!(%address, is_encrypted, asks_for_credentials = asks, "serving /healthz, /readyz and /metrics");
    warn_if_open(address, is_encrypted, asks);
    Ok(Serving { address, task })
}

/// Probes must be reached from other machines, so this is no reason not to start.
fn warn_if_open(address: SocketAddr, is_encrypted: bool, asks: bool) {
    if address.ip().is_loopback() {
        return;
    }
    if !asks {
        let advice = "set http.tokens or http.oidc, or let only scrapers and probes reach this address";
        tracing::warn!(%address, advice, "everybody who can reach this address may read everything that is served there");
    } else if !is_encrypted {
        let advice = "set http.tls_certificate_file and http.tls_key_file, or put a proxy with TLS before it";
        tracing::warn!(%address, advice, "credentials reach this address in the clear");
    }
}

#[derive(Clone)]
struct Server {
    router: Router,
    tls: Option<TlsAcceptor>,
    places: Places,
}

async fn accept(listener: TcpListener, server: Server, shutdown: impl Future<Output = ()>) {
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => server.admit(stream, peer, &mut connections, &stopped),
                Err(error) if is_of_client(&error) => tracing::debug!(%error, "a client left before it came"),
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken for a moment");
                    sleep(NO_CONNECTION).await;
                }
            },
        }
    }
    drop(listener);
    stop.send_replace(true);
    if timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were cut off at the end");
    }
}

fn is_of_client(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

impl Server {
    /// Gives the connection a task of its own, or closes it when there is no place.
    fn admit(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        connections: &mut JoinSet<()>,
        stopped: &watch::Receiver<bool>,
    ) {
        let client = counted_by(peer.ip());
        match self.places.take(client) {
            Some(place) => {
                connections.spawn(self.clone().speak(Placed::new(stream, place), peer, stopped.clone()));
            }
            None => HttpRefused { reason: HttpRefusal::TooManyConnections, client, detail: "" }.emit(),
        }
    }

    async fn speak(self, stream: Placed, peer: SocketAddr, stopped: watch::Receiver<bool>) {
        let (client, is_asking) = (counted_by(peer.ip()), stream.is_asking());
        let refused = |reason, detail: &str| HttpRefused { reason, client, detail }.emit();
        let ended = match &self.tls {
            None => self.serve(TokioIo::new(stream), peer, stopped).await,
            Some(acceptor) => match timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => self.serve(TokioIo::new(stream), peer, stopped).await,
                Ok(Err(error)) => return refused(HttpRefusal::NoTls, &error.to_string()),
                Err(_) => return refused(HttpRefusal::TooSlow, "handshake"),
            },
        };
        match ended {
            Err(error) if error.is_timeout() && is_asking.load(Ordering::Relaxed) => {
                refused(HttpRefusal::TooSlow, "header");
            }
            Err(error) => tracing::debug!(%error, "connection ended"),
            Ok(()) => {}
        }
    }

    /// Answers the requests of one connection.
    async fn serve<S: Read + Write + Unpin + Send + 'static>(
        &self,
        stream: S,
        peer: SocketAddr,
        mut stopped: watch::Receiver<bool>,
    ) -> hyper::Result<()> {
        let service = TowerToHyperService::new(self.router.clone().layer(Extension(Peer(peer.ip()))));
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(LARGEST_HEADER_BYTES);
        let mut connection = pin!(builder.serve_connection(stream, service).with_upgrades());
        // The sender lives as long as the connections.
        let stop = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    }
}
