//! Log-in by an OpenID Connect issuer: a signed token (JWT) says who it is.
//!
//! In: the token of a request. Out: who it is, or why not. Taken are RS256 and ES256 alone, with a key that the issuer publishes,
//! for the audience of the settings, from the issuer of the settings, within its time.

mod keys;
mod signature;

use std::collections::HashMap;

use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::Error};
use serde_json::Value;

use super::OidcSettings;
use keys::Keys;

/// Clocks of issuer and server may differ by this much, in seconds.
const LEEWAY_S: u64 = 30;

/// The longest name of a person and of a key in bytes.
const LONGEST_NAME_BYTES: usize = 200;

/// Why a token is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum OidcError {
    #[error("it is no token that can be read")]
    Header(#[source] Error),
    #[error("its algorithm is {0:?}, taken are RS256 and ES256")]
    Algorithm(Algorithm),
    #[error("it names no key")]
    NoKey,
    #[error("the issuer has no such key")]
    UnknownKey,
    #[error("it does not hold")]
    Claims(#[source] Error),
    #[error("its claim {0} names nobody")]
    Nobody(String),
}

/// What checks tokens.
pub(super) struct Oidc {
    issuer: String,
    audience: String,
    name_claim: String,
    keys: Keys,
}

impl Oidc {
    /// With these settings, if there is an issuer. Its keys are fetched when the first token comes.
    pub(super) fn new(settings: &OidcSettings) -> Option<Oidc> {
        let issuer = settings.issuer.clone()?;
        signature::install();
        Some(Oidc {
            keys: Keys::new(&issuer, settings.jwks_url.as_deref()),
            issuer,
            // A configuration without audience is refused at its check; nothing is made for nobody.
            audience: settings.audience.clone().unwrap_or_default(),
            name_claim: settings.name_claim.clone(),
        })
    }

    /// Whose token this is.
    pub(super) async fn owner(&self, token: &str) -> Result<String, OidcError> {
        let header = decode_header(token).map_err(OidcError::Header)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(OidcError::Algorithm(header.alg));
        }
        let id = header.kid.filter(|id| id.len() <= LONGEST_NAME_BYTES).ok_or(OidcError::NoKey)?;
        let key = self.keys.get(&id, header.alg).await.ok_or(OidcError::UnknownKey)?;
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        let claims = decode::<HashMap<String, Value>>(token, &key, &validation).map_err(OidcError::Claims)?.claims;
        let name = claims.get(&self.name_claim).and_then(Value::as_str).map(str::to_owned);
        let is_name =
            |name: &String| (1..=LONGEST_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control);
        name.filter(is_name).ok_or_else(|| OidcError::Nobody(self.name_claim.clone()))
    }
}
