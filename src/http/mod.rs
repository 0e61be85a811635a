//! The one door over HTTP: who may come in, how much of it, and what every answer carries.
//!
//! In: pages as [`axum::Router`]s, open ones and guarded ones ([`Pages`]), and `[http]` of the settings. Out: a running server
//! ([`serve`]), with TLS if a certificate is set, each of whose answers has passed the same layers: limits, the check of the
//! credential, security headers. Whoever mounts a page sees who asks as a [`Caller`] among the request's extensions. What is
//! refused is a typed event with its reason.
//!
//! - [`settings`]: what `[http]` says. `tokens`, `oidc`: the two kinds of credentials. `authentication`: both, and the
//!   slow-down of those who guess.
//! - `guard`: the layers. `rate`: requests a second and address. `server`, `places`: connections. `tls`: certificate and key.
//! - `probes`: `/healthz`, `/readyz` and `/metrics`.
//!
//! Nothing is unbounded: connections in all and of one address, the size of headers and bodies, the time for a handshake, for
//! a header and for an answer.

mod authentication;
mod error;
mod guard;
mod oidc;
mod places;
mod probes;
mod rate;
mod server;
pub mod settings;
mod tls;
mod tokens;

pub use authentication::{Caller, Credential, Identity};
pub use error::HttpError;
pub use guard::Pages;
pub use probes::probes;
pub use server::{Serving, serve};
pub use settings::{HttpSettings, Listen, OidcSettings};
