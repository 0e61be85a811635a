//! What is refused over HTTP.

use std::net::IpAddr;

use opentelemetry::KeyValue;
use tracing::{debug, warn};

use crate::telemetry::instruments::with;

closed_set! {
    /// Why a request or a connection was refused.
    HttpRefusal {
        /// It needs a credential and has none.
        NoCredential = "no_credential",
        /// Its credential is wrong.
        WrongCredential = "wrong_credential",
        /// Its credential was not looked at: too many from there were wrong.
        TooManyWrong = "too_many_wrong_credentials",
        /// More requests a second from there than are allowed.
        TooManyRequests = "too_many_requests",
        /// More connections than there are places, in all or from there.
        TooManyConnections = "too_many_connections",
        /// Its body is too large.
        BodyTooLarge = "body_too_large",
        /// Its handshake, its header or its body took too long, or its answer.
        TooSlow = "too_slow",
        /// It does not speak TLS, or not as the server does.
        NoTls = "no_tls",
    }
}

/// A request or a connection was refused. There is nothing of the credential in it.
#[derive(Clone, Copy, Debug)]
pub struct HttpRefused<'a> {
    /// Why.
    pub reason: HttpRefusal,
    /// Where it came from: the address, of IPv6 the network.
    pub client: IpAddr,
    /// What else is to be said.
    pub detail: &'a str,
}

impl HttpRefused<'_> {
    /// Logs and counts it. What anybody can cause at any rate is logged for those who look for it alone.
    pub fn emit(self) {
        let (reason, client, detail) = (self.reason.as_str(), self.client, self.detail);
        if self.reason == HttpRefusal::WrongCredential {
            warn!(reason, %client, detail, "refused over HTTP");
        } else {
            debug!(reason, %client, detail, "refused over HTTP");
        }
        with(|instruments| instruments.http_refused.add(1, &[KeyValue::new("reason", reason)]));
    }
}
