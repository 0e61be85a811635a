//! The keys with which an issuer signs, fetched from it and kept.
//!
//! In: the id of a key. Out: the key, if the issuer publishes it. Fetched when a key is asked for that is not known, at most once
//! a minute, and after an hour, so that a key that was withdrawn does not stay. While the issuer does not answer, what is known
//! holds on for a day.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{sync::Mutex, task::spawn_blocking};
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

use crate::http::settings::is_safe_url;

const ONCE_IN: Duration = Duration::from_mins(1);
const OLD_AFTER: Duration = Duration::from_hours(1);
const GONE_AFTER: Duration = Duration::from_hours(24);

/// How long the issuer may take for one answer, and how large it may be. Both answers fit into the time of a request.
const PATIENCE: Duration = Duration::from_secs(4);
const LARGEST_ANSWER_BYTES: u64 = 1 << 18;

/// More keys than an issuer has at a time.
const MOST_KEYS: usize = 100;

/// Why the keys cannot be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{url} does not answer as it should; is http.oidc right, and may gemwatch reach it?")]
    Answer { url: String, source: Box<ureq::Error> },
    #[error(
        "{url} is the discovery document of {found:?}; set http.oidc.issuer to that if it is the one that is meant"
    )]
    OtherIssuer { url: String, found: String },
    #[error("the discovery document names {url:?} for the keys, which is neither https nor on this machine")]
    Unsafe { url: String },
}

/// What an issuer says about itself, as far as it matters here.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// A key that can be used.
struct Key {
    id: String,
    algorithm: Algorithm,
    public: DecodingKey,
}

#[derive(Default)]
struct Known {
    keys: Vec<Key>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

/// Where the keys are.
#[derive(Clone)]
struct Source {
    issuer: String,
    jwks_url: Option<String>,
    agent: Agent,
}

/// The keys of an issuer.
pub(super) struct Keys {
    source: Source,
    known: RwLock<Arc<Known>>,
    /// Held by the one who fetches.
    fetching: Mutex<()>,
}

impl Keys {
    pub(super) fn new(issuer: &str, jwks_url: Option<&str>) -> Keys {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        // An issuer that sends gemwatch elsewhere is not followed.
        let agent =
            Agent::config_builder().tls_config(tls).timeout_global(Some(PATIENCE)).max_redirects(0).build().into();
        let source = Source { issuer: issuer.to_owned(), jwks_url: jwks_url.map(str::to_owned), agent };
        Keys { source, known: RwLock::default(), fetching: Mutex::default() }
    }

    /// The key of this id for this algorithm.
    pub(super) async fn get(&self, id: &str, algorithm: Algorithm) -> Option<DecodingKey> {
        let known = self.known();
        let key = known.get(id, algorithm).filter(|_| !known.is_older_than(GONE_AFTER));
        if key.is_some() && !known.is_older_than(OLD_AFTER) {
            return key;
        }
        let _alone = match self.fetching.try_lock() {
            Ok(alone) => alone,
            // Somebody fetches already, and what is known is good enough meanwhile.
            Err(_) if key.is_some() => return key,
            Err(_) => self.fetching.lock().await,
        };
        let known = self.known();
        let is_there = known.get(id, algorithm).is_some() && !known.is_older_than(OLD_AFTER);
        let known = if is_there || !known.may_be_fetched() { known } else { self.fetch(&known).await };
        if known.is_older_than(GONE_AFTER) { None } else { known.get(id, algorithm) }
    }

    async fn fetch(&self, before: &Known) -> Arc<Known> {
        let source = self.source.clone();
        let fetched =
            spawn_blocking(move || source.fetch()).await.expect("fetching keys does not panic (this is a bug)");
        let now = Some(Instant::now());
        let known = match fetched {
            Ok(keys) => {
                tracing::info!(issuer = self.source.issuer, keys = keys.len(), "keys of the issuer fetched");
                Known { keys, fetched: now, tried: now }
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(issuer = self.source.issuer, %error, cause, "keys of the issuer not fetched");
                let keys = before.keys.iter().map(|Key { id, algorithm, public }| Key {
                    id: id.clone(),
                    algorithm: *algorithm,
                    public: public.clone(),
                });
                Known { keys: keys.collect(), fetched: before.fetched, tried: now }
            }
        };
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        known
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    fn get(&self, id: &str, algorithm: Algorithm) -> Option<DecodingKey> {
        self.keys.iter().find(|key| key.id == id && key.algorithm == algorithm).map(|key| key.public.clone())
    }

    fn is_older_than(&self, age: Duration) -> bool {
        self.fetched.is_none_or(|fetched| fetched.elapsed() > age)
    }

    fn may_be_fetched(&self) -> bool {
        self.tried.is_none_or(|tried| tried.elapsed() > ONCE_IN)
    }
}

impl Source {
    fn fetch(&self) -> Result<Vec<Key>, FetchError> {
        let url = match &self.jwks_url {
            Some(url) => url.clone(),
            None => self.discover()?,
        };
        let set: Set = self.ask(&url)?;
        // Keys for other purposes, and of kinds that nobody here knows, stand beside those that are wanted.
        Ok(set.keys.into_iter().filter_map(|key| usable(serde_json::from_value(key).ok()?)).take(MOST_KEYS).collect())
    }

    fn discover(&self) -> Result<String, FetchError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let Discovery { issuer, jwks_uri } = self.ask(&url)?;
        if issuer != self.issuer {
            return Err(FetchError::OtherIssuer { url, found: issuer });
        }
        if is_safe_url(&jwks_uri) { Ok(jwks_uri) } else { Err(FetchError::Unsafe { url: jwks_uri }) }
    }

    fn ask<T: DeserializeOwned>(&self, url: &str) -> Result<T, FetchError> {
        let answer = |source| FetchError::Answer { url: url.to_owned(), source: Box::new(source) };
        let mut response = self.agent.get(url).call().map_err(answer)?;
        let bytes = response.body_mut().with_config().limit(LARGEST_ANSWER_BYTES).read_to_vec().map_err(answer)?;
        serde_json::from_slice(&bytes).map_err(|source| answer(ureq::Error::Other(Box::new(source))))
    }
}

/// The key, if it has an id and is for signatures of a kind that is taken.
fn usable(jwk: Jwk) -> Option<Key> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let is_for_it = match jwk.common.key_algorithm {
        None => true,
        Some(KeyAlgorithm::RS256) => algorithm == Algorithm::RS256,
        Some(KeyAlgorithm::ES256) => algorithm == Algorithm::ES256,
        Some(_) => false,
    };
    let is_for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let public = DecodingKey::from_jwk(&jwk).ok().filter(|_| is_for_it && is_for_signatures)?;
    Some(Key { id: jwk.common.key_id?, algorithm, public })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_for_signatures_are_used() {
        let coordinate = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let good = json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate, "kid": "one", "use": "sig", "alg": "ES256"});
        let algorithm = |key: &serde_json::Value| {
            serde_json::from_value(key.clone()).ok().and_then(usable).map(|key| (key.id, key.algorithm))
        };
        assert_eq!(algorithm(&good), Some(("one".to_owned(), Algorithm::ES256)));
        for (member, value) in [
            ("use", json!("enc")),
            ("alg", json!("RS256")),
            ("alg", json!("ES384")),
            ("crv", json!("P-384")),
            ("kty", json!("oct")),
            ("kid", json!(null)),
        ] {
            let mut other = good.clone();
            other[member] = value;
            assert_eq!(algorithm(&other), None, "{other}");
        }
        let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "two"});
        assert_eq!(algorithm(&rsa), Some(("two".to_owned(), Algorithm::RS256)));
    }
}
