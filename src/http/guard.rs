//! The layers around every page.
//!
//! In: [`Pages`]. Out: one router of which every answer carries the security headers, whatever it says. From the outside in: headers,
//! requests a second, time, size of the body, who asks, and for guarded pages whether that is enough.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY,
            WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

use super::{
    authentication::{Authentication, Caller, Refusal},
    rate::{Budgets, counted_by},
};
use crate::telemetry::events::{HttpRefusal, HttpRefused};

/// How long a request may take from its header to its answer.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// The largest body of a request in bytes: that of a command.
const LARGEST_BODY_BYTES: usize = 65_536;

/// What every answer says to the browser: scripts, styles and connections of this server alone, in no frame, kept nowhere.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What is mounted.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// For everybody who can reach the server. A wrong credential is ignored here, as it must be by probes.
    pub open: Router,
    /// For those with a right credential, where credentials are asked for.
    pub guarded: Router,
}

impl Pages {
    /// These pages and those.
    #[must_use]
    pub fn and(self, more: Pages) -> Pages {
        Pages { open: self.open.merge(more.open), guarded: self.guarded.merge(more.guarded) }
    }
}

/// Where a request comes from, as the connection says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// What the layers share.
pub(super) struct Guard {
    pub(super) authentication: Authentication,
    requests: Mutex<Budgets>,
    is_encrypted: bool,
}

impl Guard {
    pub(super) fn new(authentication: Authentication, requests_a_second: u32, is_encrypted: bool) -> Guard {
        let requests = Budgets::new(Duration::from_secs(1) / requests_a_second.max(1), 2 * requests_a_second.max(1));
        Guard { authentication, requests: Mutex::new(requests), is_encrypted }
    }

    /// The pages with the layers around them.
    pub(super) fn around(self: Arc<Self>, pages: Pages) -> Router {
        pages
            .guarded
            .layer(from_fn(require))
            .merge(pages.open)
            .layer(from_fn_with_state(Arc::clone(&self), identify))
            .layer(RequestBodyLimitLayer::new(LARGEST_BODY_BYTES))
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIME))
            .layer(from_fn_with_state(self, admit))
    }
}

/// The outermost layer: requests a second, then whatever the answer is, its headers.
async fn admit(
    State(guard): State<Arc<Guard>>,
    Extension(Peer(address)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let client = counted_by(address);
    let budget = guard.requests.lock().unwrap_or_else(PoisonError::into_inner).take(client, Instant::now());
    let mut response = match budget {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            HttpRefused { reason: HttpRefusal::TooManyRequests, client, detail: "" }.emit();
            too_many(wait)
        }
    };
    let refusal = match response.status() {
        StatusCode::REQUEST_TIMEOUT => Some(HttpRefusal::TooSlow),
        StatusCode::PAYLOAD_TOO_LARGE => Some(HttpRefusal::BodyTooLarge),
        _ => None,
    };
    if let Some(reason) = refusal {
        HttpRefused { reason, client, detail: "" }.emit();
    }
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    if guard.is_encrypted {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Finds out who asks.
async fn identify(
    State(guard): State<Arc<Guard>>,
    Extension(Peer(address)): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    // Not held across the wait: a body need not be shareable.
    let headers: HeaderMap = request.headers().clone();
    let caller = guard.authentication.caller(&headers, address, counted_by(address)).await;
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Lets in who showed a right credential, and everybody where none is asked for.
async fn require(Extension(caller): Extension<Caller>, request: Request, next: Next) -> Response {
    let client = counted_by(caller.address);
    let challenge =
        |value: &'static str| (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, value)], "a credential is needed\n");
    match caller.refusal {
        None => next.run(request).await,
        Some(Refusal::Absent) => {
            HttpRefused { reason: HttpRefusal::NoCredential, client, detail: "" }.emit();
            challenge("Bearer realm=\"gemwatch\"").into_response()
        }
        // It was counted where it was found to be wrong.
        Some(Refusal::Wrong) => challenge("Bearer realm=\"gemwatch\", error=\"invalid_token\"").into_response(),
        Some(Refusal::TooMany { wait }) => {
            HttpRefused { reason: HttpRefusal::TooManyWrong, client, detail: "" }.emit();
            too_many(wait)
        }
    }
}

fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, format!("{seconds:.0}"))], "too many requests\n").into_response()
}
