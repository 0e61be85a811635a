//! `[http]`: where it is served, to whom, and how much.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use axum::http::Uri;
use schemars::JsonSchema;
use serde::Deserialize;

/// Pages over HTTP: health, metrics, and what else is mounted. Ranges are checked by the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// `address:port`, or `off`.
    pub listen: Listen,
    /// PEM file with the certificate and those between it and the root; with `tls_key_file` it turns on TLS.
    pub tls_certificate_file: Option<PathBuf>,
    /// PEM file with the private key of the certificate.
    pub tls_key_file: Option<PathBuf>,
    /// Requests a second of one client address in the long run; twice as many may come at once (1 to 10000).
    #[schemars(range(min = 1, max = 10_000))]
    pub requests_a_second: u32,
    /// Connections at once; one client address may have half of them (2 to 10000).
    #[schemars(range(min = 2, max = 10_000))]
    pub connections: usize,
    /// Bearer tokens: the name of whoever has it, and the file that holds it.
    pub tokens: BTreeMap<String, PathBuf>,
    /// Log-in by an OpenID Connect issuer.
    pub oidc: OidcSettings,
}

/// Log-in by an OpenID Connect issuer; off while `issuer` is left out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// URL of the issuer, exactly as it stands in its tokens.
    pub issuer: Option<String>,
    /// Whom a token must have been made for.
    pub audience: Option<String>,
    /// Where the issuer's keys are; left out, its discovery document says so.
    pub jwks_url: Option<String>,
    /// The claim that names the person.
    pub name_claim: String,
}

impl HttpSettings {
    /// Whether anybody is asked who they are.
    pub fn asks_for_credentials(&self) -> bool {
        !self.tokens.is_empty() || self.oidc.issuer.is_some()
    }
}

/// Where to listen, if at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub enum Listen {
    /// Nowhere.
    Off,
    /// On this address.
    At(SocketAddr),
}

impl TryFrom<String> for Listen {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Listen, &'static str> {
        if text == "off" {
            return Ok(Listen::Off);
        }
        text.parse()
            .map(Listen::At)
            .map_err(|_| "must be an IP address and port such as \"127.0.0.1:9464\", or \"off\"")
    }
}

/// Whether keys may be fetched from there: encrypted, or without leaving the machine.
pub fn is_safe_url(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => matches!(host, "localhost" | "127.0.0.1" | "[::1]"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_encrypted_or_from_the_same_machine() {
        for url in
            ["https://issuer.example/realms/ward", "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:1"]
        {
            assert!(is_safe_url(url), "{url}");
        }
        for url in
            ["http://issuer.example", "issuer.example", "file:///etc/passwd", "http://localhost.example", "https://"]
        {
            assert!(!is_safe_url(url), "{url}");
        }
    }
}
